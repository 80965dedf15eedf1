#define _GNU_SOURCE
#include "rehearsal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

// Swift can neither call fork nor should: the code between it and `body` must not allocate.

static void detach(int pipe_end) {
  int fatal[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGTERM, SIGINT};
  for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) signal(fatal[i], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, 0);
  struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  // Ports and locks that the process ends with must not live on in its copy.
  long files = sysconf(_SC_OPEN_MAX);
  if (files < 0 || files > 65536) files = 65536;
  for (int file = 3; file < files; file++)
    if (file != pipe_end) close(file);
}

int holdfast_rehearse(int count, void (*body)(void *context, int number), void *context, pid_t *child) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  pid_t parent = getpid();
  pid_t copy = fork();
  if (copy < 0) {
    int error = errno;
    close(ends[0]);
    close(ends[1]);
    errno = error;
    return -1;
  }
  if (copy == 0) {
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);
#endif
    detach(ends[1]);
    for (int number = 0; number < count; number++) {
      char done = 1;
      body(context, number);
      if (write(ends[1], &done, 1) != 1) _exit(1);
    }
    _exit(0);
  }
  close(ends[1]);
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  *child = copy;
  return ends[0];
}
