extension DirectoryState {
    /// The events that carry out `command`; none if there is nothing left to do.
    ///
    /// - Throws: a refusal that says why this cannot be.
    public func decide(_ command: DirectoryCommand) throws(DirectoryRefusal) -> [DirectoryEvent] {
        []
    }

    /// Takes in one event. Events come from `decide`, in order, on every replica.
    public mutating func apply(_ event: DirectoryEvent) {
    }
}
