// Work for host threads: what can block is done there, so that a kernel's own thread need not wait for it.
#ifndef RUMPUSER_JOBS_H
#define RUMPUSER_JOBS_H

namespace rumpuser {

// Embedded in what is to be done, by whoever allocated that.
struct Job {
  // Called once, on a host thread, or on the submitting one when there is none to be had. Owns the job.
  void (*run)(Job *job);
  Job *next;
};

void submit(Job *job);

} // namespace rumpuser

#endif
