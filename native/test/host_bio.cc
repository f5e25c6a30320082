// Block I/O: many requests at once from several threads, each completed exactly once, with the right bytes.
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "../rumpuser/internal.h"
#include "host_check.h"

namespace {

constexpr int kThreads = 4;
constexpr int kBlocks = 256;
constexpr size_t kBlock = 4096;

struct Completion {
  std::mutex mutex;
  std::condition_variable arrived;
  int outstanding = 0;
  size_t count = 0;
  int error = 0;

  void expect(int requests) {
    std::lock_guard<std::mutex> guard(mutex);
    outstanding += requests;
  }
  void wait() {
    std::unique_lock<std::mutex> lock(mutex);
    arrived.wait(lock, [this] { return outstanding == 0; });
  }
  static void done(void *arg, size_t count, int error) {
    auto *self = static_cast<Completion *>(arg);
    std::lock_guard<std::mutex> guard(self->mutex);
    self->count = count;
    self->error = error;
    CHECK(self->outstanding-- > 0);
    self->arrived.notify_all();
  }
};

void one(int fd, int op, void *data, size_t len, int64_t off, size_t count, int error) {
  Completion completion;
  completion.expect(1);
  rumpuser_bio(fd, op, data, len, off, Completion::done, &completion);
  completion.wait();
  CHECK(completion.count == count && completion.error == error);
}

struct Job {
  int fd;
  int number;
};

void *write_and_read_back(void *arg) {
  Job *job = static_cast<Job *>(arg);
  std::vector<char> out(kBlocks * kBlock), in(kBlocks * kBlock);
  int64_t base = job->number * static_cast<int64_t>(out.size());
  for (int i = 0; i < kBlocks; i++)
    memset(&out[i * kBlock], 1 + job->number * 31 + i, kBlock);
  Completion completion;
  completion.expect(kBlocks);
  for (int i = 0; i < kBlocks; i++)
    rumpuser_bio(job->fd, RUMPUSER_BIO_WRITE, &out[i * kBlock], kBlock, base + i * kBlock, Completion::done,
                 &completion);
  completion.wait();
  completion.expect(kBlocks);
  for (int i = kBlocks - 1; i >= 0; i--)
    rumpuser_bio(job->fd, RUMPUSER_BIO_READ, &in[i * kBlock], kBlock, base + i * kBlock, Completion::done,
                 &completion);
  completion.wait();
  CHECK(in == out);
  return nullptr;
}

void single_requests(int fd) {
  char data[100] = "hello", back[200];
  one(fd, RUMPUSER_BIO_WRITE | RUMPUSER_BIO_SYNC, data, sizeof(data), 0, sizeof(data), 0);
  // At the end of the file a read is short, then empty.
  CHECK(ftruncate(fd, 150) == 0);
  one(fd, RUMPUSER_BIO_READ, back, sizeof(back), 0, 150, 0);
  CHECK(memcmp(data, back, sizeof(data)) == 0);
  one(fd, RUMPUSER_BIO_READ, back, sizeof(back), 150, 0, 0);
  one(fd, 0, back, sizeof(back), 0, 0, rumpuser::kEinval);
  one(fd, RUMPUSER_BIO_READ | RUMPUSER_BIO_WRITE, back, sizeof(back), 0, 0, rumpuser::kEinval);
  one(fd, RUMPUSER_BIO_READ | 0x80, back, sizeof(back), 0, 0, rumpuser::kEinval);
  one(fd, RUMPUSER_BIO_READ, back, sizeof(back), -1, 0, rumpuser::kEinval);
  one(-1, RUMPUSER_BIO_READ, back, sizeof(back), 0, 0, 9);
  one(fd, RUMPUSER_BIO_READ, back, 0, 0, 0, 0);
}

} // namespace

int main() {
  TemporaryDirectory dir;
  int fd;
  CHECK(rumpuser_open((dir / "disk").c_str(), RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_BIO,
                      &fd) == 0);
  single_requests(fd);
  pthread_t threads[kThreads];
  Job jobs[kThreads];
  for (int i = 0; i < kThreads; i++) {
    jobs[i] = {fd, i};
    CHECK(pthread_create(&threads[i], nullptr, write_and_read_back, &jobs[i]) == 0);
  }
  for (pthread_t thread : threads)
    pthread_join(thread, nullptr);
  CHECK(rumpuser_close(fd) == 0);
}
