internal import Engine
internal import Node
internal import Primitives
internal import Telemetry
internal import Transport

/// A node's own numbers as metrics. Base units; labels from closed sets: kinds, nodes, outcomes.
extension Exposition {
    mutating func write(_ node: NodeMeasurements) {
        write(node.engine.tally)
        write(node.engine)
        one("holdfast_wal_bytes", .gauge, "Bytes of SQLite's write-ahead log.", node.walBytes)
        if node.freeBytes != .max {
            one("holdfast_disk_free_bytes", .gauge, "Free space on the journal's disk.", node.freeBytes)
        }
        seconds(
            "holdfast_journal_write_seconds", "From a batch's hand-over to the journal to its flush.", node.journalLatency)
        one("holdfast_clients_connected", .gauge, "Clients connected on the cluster's own protocol.", node.clients)
        one("holdfast_frames_received_total", .counter, "Frames from nodes and clients.", node.transport.framesReceived)
        one("holdfast_frames_sent_total", .counter, "Frames to nodes and clients.", node.transport.framesSent)
        one("holdfast_network_received_bytes_total", .counter, "Bytes of frames received.", node.transport.bytesReceived)
        one("holdfast_network_sent_bytes_total", .counter, "Bytes of frames sent.", node.transport.bytesSent)
        one(
            "holdfast_frames_refused_total", .counter, "Frames that a full queue did not take.", node.transport.refusedFull)
        one(
            "holdfast_protocol_violations_total", .counter, "Connections closed over bytes that are no frame of ours.",
            node.transport.violations)
    }

    private mutating func write(_ tally: EngineTally) {
        let kinds = tally.kinds.filter { !$0.kind.isEmpty }
        family("holdfast_commands_total", .counter, "Commands decided here, by what became of them.")
        for kind in kinds {
            let outcomes = [
                ("committed", kind.committed), ("refused", kind.refused), ("unchanged", kind.unchanged),
                ("repeated", kind.repeated), ("rejected", kind.rejected),
            ]
            for (outcome, count) in outcomes {
                sample("holdfast_commands_total", [("kind", kind.kind), ("outcome", outcome)], count)
            }
        }
        family("holdfast_reads_total", .counter, "Reads answered here.")
        for kind in kinds { sample("holdfast_reads_total", [("kind", kind.kind)], kind.reads) }
        family("holdfast_requests_failed_total", .counter, "Requests without an answer, by what their callers were told.")
        for (outcome, count) in [
            ("not_committed", tally.notCommitted), ("unknown", tally.unknown), ("invalid", tally.invalid),
        ] {
            sample("holdfast_requests_failed_total", [("outcome", outcome)], count)
        }
        one("holdfast_requests_refused_overload_total", .counter, "Requests refused at a bound.", tally.overloaded)
        one("holdfast_requests_forwarded_total", .counter, "Requests passed on to another node.", tally.forwarded)
        one(
            "holdfast_leaderships_gained_total", .counter, "Elections and transfers that made this node a shard's owner.",
            tally.leadershipsGained)
        one("holdfast_leaderships_lost_total", .counter, "Shards that this node owned and lost.", tally.leadershipsLost)
        seconds("holdfast_commit_seconds", "From a command's arrival at its owner to its commit.", tally.commitLatency)
        sizes("holdfast_batch_operations", "Operations of one flush to disk.", tally.batchOperations)
    }

    private mutating func write(_ standing: EngineStanding) {
        one("holdfast_replicas", .gauge, "Groups with a replica here, the directory among them.", standing.replicas)
        one("holdfast_shards_owned", .gauge, "Groups that this node leads.", standing.led)
        family("holdfast_requests_waiting", .gauge, "Requests accepted and not yet answered, by what they wait for.")
        for (what, count) in [
            ("anything", standing.pending), ("commit", standing.uncommitted), ("disk", standing.loading),
            ("leader", standing.ownerless), ("other_node", standing.forwarding),
        ] {
            sample("holdfast_requests_waiting", [("for", what)], count)
        }
        one("holdfast_peers_connected", .gauge, "Other nodes with a connection.", standing.peersConnected)
        one("holdfast_disk_impaired", .gauge, "1 while the disk is full or takes nothing.", standing.isDiskImpaired ? 1 : 0)
        family("holdfast_replication_lag_entries", .gauge, "Entries that a follower lacks in the shards owned here, together.")
        for peer in standing.lag {
            sample("holdfast_replication_lag_entries", [("peer", peer.node.description)], peer.total)
        }
        family("holdfast_replication_lag_largest_entries", .gauge, "The same in the shard where it lacks most.")
        for peer in standing.lag {
            sample("holdfast_replication_lag_largest_entries", [("peer", peer.node.description)], peer.largest)
        }
    }

    mutating func one(_ name: String, _ kind: Kind, _ help: String, _ value: some BinaryInteger) {
        family(name, kind, help)
        sample(name, [], value)
    }

    /// A histogram of nanoseconds.
    private mutating func seconds(_ name: String, _ help: String, _ histogram: Histogram) {
        family(name, .histogram, help)
        self.histogram(
            name, bounds: histogram.bounds.map { Double($0) / 1e9 }, counts: histogram.counts,
            sum: Double(histogram.sum) / 1e9)
    }

    private mutating func sizes(_ name: String, _ help: String, _ histogram: Histogram) {
        family(name, .histogram, help)
        self.histogram(
            name, bounds: histogram.bounds.map { Double($0) }, counts: histogram.counts, sum: Double(histogram.sum))
    }
}

extension Histogram {
    fileprivate var bounds: [UInt64] { counts.indices.compactMap(bound) }
}
