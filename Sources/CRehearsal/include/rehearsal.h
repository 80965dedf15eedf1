#pragma once
#include <sys/types.h>

/// Runs body(context, 0), body(context, 1), … body(context, count - 1) in a copy of this process, which ends afterwards.
///
/// Returns the end of a pipe to read from: the copy writes one byte after each call, and the pipe ends with the copy. -1 with errno if
/// there is no copy. The copy has one thread, no open file but the pipe and the standard streams, leaves no core file, and dies with
/// this process. The caller waits for `child`.
int holdfast_rehearse(int count, void (*body)(void *context, int number), void *context, pid_t *child);
