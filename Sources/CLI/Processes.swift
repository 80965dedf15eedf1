/// The tests of this target, and those that run it from end to end, start processes as the crash test and the guide do.
@_exported public import Processes
