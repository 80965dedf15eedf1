/// What the writer prepares once and steps for ever.
struct Statements {
    let begin: Statement
    let commit: Statement
    let insertEntry: Statement
    let deleteRow: Statement
    let replaceFile: Statement
    let replaceGroup: Statement
    let replacePeer: Statement
    let insertSegment: Statement
    let updateSegment: Statement
    let deleteSegment: Statement
    let replaceCheckpoint: Statement
    let deleteCheckpoint: Statement
    let replaceEntity: Statement
    let replaceSession: Statement
    let deleteSession: Statement
    let replaceKey: Statement
    let deleteKeys: Statement
    let replaceDiscard: Statement

    init(_ connection: Connection) throws(JournalError) {
        begin = try connection.prepare("BEGIN IMMEDIATE")
        commit = try connection.prepare("COMMIT")
        insertEntry = try connection.prepare(JournalRow.insert)
        deleteRow = try connection.prepare("DELETE FROM journal WHERE position = ?1 AND replica = ?2")
        replaceFile = try connection.prepare(FileRow.replace)
        replaceGroup = try connection.prepare(GroupRow.replace)
        replacePeer = try connection.prepare(PeerRow.replace)
        insertSegment = try connection.prepare(
            "INSERT INTO segments (replica, first_index, count, positions, entities) VALUES (?1, ?2, ?3, ?4, ?5)")
        updateSegment = try connection.prepare(
            "UPDATE segments SET first_index = ?2, count = ?3, positions = ?4, entities = ?5 WHERE id = ?1")
        deleteSegment = try connection.prepare("DELETE FROM segments WHERE id = ?1")
        replaceCheckpoint = try connection.prepare(CheckpointRow.replace)
        deleteCheckpoint = try connection.prepare("DELETE FROM checkpoints WHERE replica = ?1")
        replaceEntity = try connection.prepare(StateRows.replaceEntity)
        replaceSession = try connection.prepare(StateRows.replaceSession)
        deleteSession = try connection.prepare("DELETE FROM sessions WHERE replica = ?1 AND client = ?2")
        replaceKey = try connection.prepare(StateRows.replaceKey)
        deleteKeys = try connection.prepare("DELETE FROM request_keys WHERE replica = ?1 AND log_index <= ?2")
        replaceDiscard = try connection.prepare(
            "INSERT OR REPLACE INTO discards (replica, before_index) VALUES (?1, ?2)")
    }
}
