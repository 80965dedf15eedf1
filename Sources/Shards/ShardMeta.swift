import JSON
import Primitives

/// The part of a shard's replicated state that has no rows of its own in a checkpoint.
struct ShardMeta: Hashable {
    var buckets: [KeyTable.Bucket] = []
    var newestKey = WallTime(milliseconds: .min)

    init(buckets: [KeyTable.Bucket], newestKey: WallTime) {
        self.buckets = buckets
        self.newestKey = newestKey
    }

    init(json: [UInt8]) throws(MalformedBytes) {
        if json.isEmpty { return }
        do throws(JSONError) {
            let form = try JSON.decode(Form.self, from: json)
            newestKey = WallTime(milliseconds: form.newestKey)
            buckets = form.keyBuckets.map {
                KeyTable.Bucket(
                    through: LogIndex($0.through), count: $0.count, newest: WallTime(milliseconds: $0.newest))
            }
        } catch {
            throw MalformedBytes("the checkpoint's meta value cannot be read: \(error)")
        }
        guard buckets.allSatisfy({ (1...ShardMeta.bucketCountMax).contains($0.count) }) else {
            throw MalformedBytes("the checkpoint's meta value has an impossible key count")
        }
    }

    func json() -> [UInt8] {
        let form = Form(
            newestKey: newestKey.milliseconds,
            keyBuckets: buckets.map {
                Form.Bucket(through: $0.through.rawValue, count: $0.count, newest: $0.newest.milliseconds)
            })
        do throws(JSONError) {
            return try JSON.encode(form)
        } catch {
            preconditionFailure("integers have JSON, but: \(error)")
        }
    }

    private static let bucketCountMax = 1 << 32

    private struct Form: Codable {
        var newestKey: Int64
        var keyBuckets: [Bucket]

        struct Bucket: Codable {
            var through: UInt64
            var count: Int
            var newest: Int64
        }
    }
}
