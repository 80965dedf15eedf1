internal import Foundation

/// What the operating system says of this process.
enum ProcessMemory {
    /// Bytes of memory in use; nil where it is not told.
    static var residentBytes: Int? {
        #if os(Linux)
            // The second number is the resident set, in pages (proc(5)).
            guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
                let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
            else { return nil }
            return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
        #else
            return nil
        #endif
    }
}
