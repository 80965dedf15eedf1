extension JournalReader {
    /// Opens a journal that is a file of any name, such as a backup, for looking at it.
    public convenience init(file path: String) throws(JournalError) {
        try self.init(path: path, index: nil)
    }
}
