internal import Directory
internal import Primitives

/// Which group keeps an entity, and who is likely to lead it, as of the newest applied directory.
struct Router {
    var kinds: [String: KindRecord] = [:]
    /// Members of each group: those the directory wants and those it was last told of.
    var replicas: [GroupID: [NodeID]] = [:]
    /// The last leader that this node has heard of, for groups that it has no replica of.
    var hints: [GroupID: NodeID] = [:]

    func group(kind: String, entity: [UInt8]) -> GroupID? {
        kinds[kind]?.group(of: entity)
    }
}
