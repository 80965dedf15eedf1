internal import Consensus
internal import Directory
internal import Engine
internal import Entities
internal import Linearizability
internal import Primitives
internal import Shards

/// What is judged once, when all is quiet.
extension Simulation {
    func checkEnd() {
        if let load { judge(load) }
        for verdict in CounterCheck().judgeAll(history) {
            switch verdict {
            case .linearizable: break
            case .violated(let violation): fail("not linearizable: \(violation)")
            case .undecided(let entity, let reason): fail("\(entity) could not be judged: \(reason)")
            }
        }
        for shard in watch.directory.shards where violation == nil {
            checkIDs(shard.group)
            checkReplay(shard.group)
        }
        for host in hosts where violation == nil && host.isRunning && !watch.isRemoved(host.node) { checkDisk(host) }
    }

    /// The author's judge has the last word on what callers saw.
    private func judge(_ load: AuthorLoad) {
        var records: [EntryRecord] = []
        for shard in watch.directory.shards {
            for entry in watch.log(shard.group) where entry.type == .record {
                guard let record = try? EntryRecord(encoded: entry.payload) else {
                    return fail("entry \(entry.index) of group \(shard.group) cannot be read")
                }
                records.append(record)
            }
        }
        if let problem = load.judge(records, observations) { fail(problem) }
    }

    /// No request id takes effect twice.
    private func checkIDs(_ group: GroupID) {
        struct Key: Hashable {
            var entity: [UInt8]
            var client: UInt64
            var opened: Int64
            var number: UInt64
            var key: [UInt8]
        }
        var known: [Key: LogIndex] = [:]
        for entry in watch.log(group) where entry.type == .record {
            guard let record = try? EntryRecord(encoded: entry.payload) else {
                return fail("entry \(entry.index) of group \(group) cannot be read")
            }
            let key: Key
            switch record.request {
            case nil: continue
            case .session(let request):
                key = Key(entity: [], client: request.client, opened: request.opened, number: request.number, key: [])
            case .key(let bytes): key = Key(entity: record.entity, client: 0, opened: 0, number: 0, key: bytes)
            }
            if let first = known.updateValue(entry.index, forKey: key) {
                return fail("a request took effect twice in group \(group): in entries \(first) and \(entry.index)")
            }
        }
    }

    /// Every checkpoint is what a replay of the log gives: states, sessions, keys.
    private func checkReplay(_ group: GroupID) {
        let log = watch.log(group)
        let written = hosts.filter { !$0.isSpoiled }.compactMap { host in
            host.disk.groups[group].map { (host, $0) }
        }.filter { $0.1.base.index > .zero && $0.1.base.index.rawValue <= log.count }
            .sorted { $0.1.base.index < $1.1.base.index }
        guard !written.isEmpty else { return }
        do throws(MalformedBytes) {
            var machine = try ShardMachine(runtime: runtime, settings: scenario.settings.shard, restored: .newborn)
            var tables = SimulatedDisk.Tables()
            for (host, disk) in written {
                while machine.applied < disk.base.index {
                    _ = try machine.apply(log[Int(machine.applied.rawValue)])
                }
                checkpoint(&machine, into: &tables)
                if tables != disk.tables {
                    return fail(
                        "the checkpoint of group \(group) at \(disk.base.index) on node \(host.node!) is not what a replay of its log gives")
                }
            }
        } catch {
            fail("the log of group \(group) cannot be replayed: \(error)")
        }
    }

    private func checkpoint(_ machine: inout ShardMachine, into tables: inout SimulatedDisk.Tables) {
        guard let index = machine.beginCheckpoint() else { return }
        while true {
            let loads = machine.loadsForCheckpoint(limit: 1_024)
            guard !loads.isEmpty else { break }
            for load in loads {
                let result = LoadResult(state: tables.states[load.entity])
                do throws(MalformedBytes) { try machine.loaded(load, result) } catch {
                    return fail("a replay's own checkpoint cannot be read: \(error)")
                }
            }
        }
        guard let checkpoint = machine.makeCheckpoint() else { return fail("a replay's checkpoint is not complete") }
        tables.take(checkpoint)
        machine.checkpointWritten(index)
    }

    /// Each sound disk holds the committed log, as far as it goes.
    private func checkDisk(_ host: SimulatedHost) {
        guard !host.isSpoiled else { return }
        for (group, disk) in host.disk.groups.sorted(by: { $0.key < $1.key }) {
            let log = watch.log(group)
            for (mine, theirs) in zip(disk.entries, log.dropFirst(Int(disk.before.index.rawValue))) where mine.checksum != theirs.checksum {
                return fail("the disk of node \(host.node!) has another entry \(mine.index) of group \(group) than was committed")
            }
        }
    }
}
