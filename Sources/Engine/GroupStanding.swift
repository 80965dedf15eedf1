internal import Directory
internal import Primitives

/// How a group stands by its leader's word, for the coordinator and for `cluster status`.
struct GroupStanding: Hashable {
    var report: GroupReport
    var behind: [ClusterStatus.Lag]
}
