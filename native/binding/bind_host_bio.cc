// Glue for what host threads do, block I/O and operations on host directories: completions wait in a queue of
// their kernel until it reaps them.
//
// A host thread must never write where the engine might have freed. So a request either lies in a block of
// host memory, which it holds, or gets a copy of its own; the isolate may end, and the caller's buffer may be
// transferred to another one, while it is under way.
#include "bind_host.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <rump/rumpuser.h>

#include "internal.h"

namespace binding {
namespace {

struct Queue;

struct Request {
  ~Request();

  std::shared_ptr<Queue> queue;
  double id;
  // How many bytes of the copy are the caller's in the end: as many as the count says, or all of them.
  enum class Gives { nothing, count, all } gives = Gives::nothing;
  // One of the two.
  std::shared_ptr<Block> block;
  std::vector<uint8_t> copy;
  size_t count = 0;
  int error = 0;
  // The rest is an fsop's. `opens`: a descriptor is the result, and nobody has it yet.
  std::string path, path2;
  struct rumpuser_fsop op = {};
  bool opens = false;
};

struct Queue {
  Queue(uint32_t idler, napi_env owner) : idler(idler), owner(owner) {}

  const uint32_t idler;
  const napi_env owner;
  // What `next` took and `finish` will end; the isolate's thread alone touches it.
  std::unique_ptr<Request> taken;

  std::mutex mutex;
  bool closed = false;
  std::deque<std::unique_ptr<Request>> completed;
};

Request::~Request() {
  if (opens && error == 0)
    rumpuser_close(static_cast<int>(count));
}

// Any thread may complete a request, so queues are found by number under a lock, and live until their last
// request is through.
class Queues {
public:
  static Queues &the() {
    static Queues *const queues = new Queues;
    return *queues;
  }

  // Sets `first` when the owner had no queue before.
  uint32_t open(uint32_t idler, napi_env owner, bool *first) {
    std::lock_guard<std::mutex> guard(mutex_);
    queues_.emplace(++last_, std::make_shared<Queue>(idler, owner));
    *first = owners_.insert(owner).second;
    return last_;
  }

  std::shared_ptr<Queue> find(uint32_t number) {
    std::lock_guard<std::mutex> guard(mutex_);
    const auto found = queues_.find(number);
    return found == queues_.end() ? nullptr : found->second;
  }

  void close(uint32_t number) {
    std::shared_ptr<Queue> queue;
    {
      std::lock_guard<std::mutex> guard(mutex_);
      const auto found = queues_.find(number);
      if (found == queues_.end())
        return;
      queue = std::move(found->second);
      queues_.erase(found);
    }
    drop(*queue);
  }

  void close_all_of(napi_env owner) {
    std::vector<std::shared_ptr<Queue>> left;
    {
      std::lock_guard<std::mutex> guard(mutex_);
      owners_.erase(owner);
      for (auto it = queues_.begin(); it != queues_.end();) {
        if (it->second->owner == owner) {
          left.push_back(std::move(it->second));
          it = queues_.erase(it);
        } else {
          ++it;
        }
      }
    }
    for (const std::shared_ptr<Queue> &queue : left)
      drop(*queue);
  }

private:
  // From now on completions go nowhere; those that are here already go now.
  static void drop(Queue &queue) {
    std::deque<std::unique_ptr<Request>> dropped;
    std::lock_guard<std::mutex> guard(queue.mutex);
    queue.closed = true;
    dropped.swap(queue.completed);
  }

  std::mutex mutex_;
  std::map<uint32_t, std::shared_ptr<Queue>> queues_;
  std::set<napi_env> owners_;
  uint32_t last_ = 0;
};

void completed(void *arg, size_t count, int error) {
  std::unique_ptr<Request> request(static_cast<Request *>(arg));
  const std::shared_ptr<Queue> queue = request->queue;
  request->count = count;
  request->error = error;
  {
    std::lock_guard<std::mutex> guard(queue->mutex);
    if (!queue->closed)
      queue->completed.push_back(std::move(request));
  }
  // A kernel that is gone does not hear it.
  rumpuser_doorbell(queue->idler);
}

uint32_t bio_open(Napi::Env env, Isolate &isolate, uint32_t idler) {
  const napi_env owner = env;
  bool first = false;
  const uint32_t queue = Queues::the().open(idler, owner, &first);
  if (first)
    isolate.at_end([owner] { Queues::the().close_all_of(owner); });
  return queue;
}

void bio_close(uint32_t queue) {
  Queues::the().close(queue);
}

int32_t bio_start(uint32_t number, double id, int32_t fd, int32_t op, Bytes data, double off) {
  const std::shared_ptr<Queue> queue = Queues::the().find(number);
  if (queue == nullptr)
    return -rumpuser::kEinval;
  auto request = std::make_unique<Request>();
  request->queue = queue;
  request->id = id;
  const bool reads = (op & RUMPUSER_BIO_READ) != 0;
  request->gives = reads ? Request::Gives::count : Request::Gives::nothing;
  request->block = block_around(data.data, data.size);
  void *bytes = data.data;
  if (request->block == nullptr) {
    if (reads)
      request->copy.resize(data.size);
    else
      request->copy.assign(data.data, data.data + data.size);
    bytes = request->copy.data();
  }
  rumpuser_hold(queue->idler);
  rumpuser_bio(fd, op, bytes, data.size, static_cast<int64_t>(off), completed, request.release());
  return 0;
}

// A request as JavaScript gives it. `numbers`: where, what, where2 and the arguments.
bool make_request(struct rumpuser_fsop *op, int32_t what, int32_t fd, const std::string &path,
                  const std::string &path2, Bytes numbers) {
  int64_t values[10];
  // C would see a shorter path, and find another file than the one that was named.
  if (numbers.size != sizeof values || path.find('\0') != std::string::npos ||
      path2.find('\0') != std::string::npos)
    return false;
  memcpy(values, numbers.data, sizeof values);
  op->op = what;
  op->fd = fd;
  op->path = path.c_str();
  op->path2 = path2.c_str();
  std::copy(values, values + 2, op->where);
  std::copy(values + 2, values + 4, op->what);
  std::copy(values + 4, values + 6, op->where2);
  std::copy(values + 6, values + 10, op->args);
  return true;
}

std::string text(Bytes bytes) {
  return std::string(reinterpret_cast<const char *>(bytes.data), bytes.size);
}

int32_t fsop_start(uint32_t number, double id, int32_t op, int32_t fd, Bytes path, Bytes path2, Bytes numbers,
                   Bytes data) {
  const std::shared_ptr<Queue> queue = Queues::the().find(number);
  if (queue == nullptr)
    return -rumpuser::kEinval;
  auto request = std::make_unique<Request>();
  request->queue = queue;
  request->id = id;
  request->gives = Request::Gives::all;
  request->path = text(path);
  request->path2 = text(path2);
  if (!make_request(&request->op, op, fd, request->path, request->path2, numbers))
    return -rumpuser::kEinval;
  request->copy.resize(data.size);
  request->opens = op == RUMPUSER_FS_ROOT || op == RUMPUSER_FS_OPEN;
  request->op.data = request->copy.data();
  request->op.len = request->copy.size();
  // Until it has been done there is no descriptor to close.
  request->error = rumpuser::kEinval;
  rumpuser_hold(queue->idler);
  Request *const started = request.release();
  rumpuser_fsop(&started->op, completed, started);
  return 0;
}

double fsop_now(int32_t op, int32_t fd, Bytes path, Bytes numbers, Bytes data) {
  const std::string name = text(path);
  const std::string none;
  struct rumpuser_fsop request = {};
  if (!make_request(&request, op, fd, name, none, numbers))
    return -rumpuser::kEinval;
  request.data = data.data;
  request.len = data.size;
  size_t count = 0;
  const int error = rumpuser_fsop_now(&request, &count);
  return error != 0 ? -error : static_cast<double>(count);
}

double read_now(int32_t fd, Bytes data, double off) {
  size_t count = 0;
  const int error = rumpuser_read_now(fd, data.data, data.size, static_cast<int64_t>(off), &count);
  return error != 0 ? -error : static_cast<double>(count);
}

int32_t bio_next(uint32_t number, Bytes completion) {
  const std::shared_ptr<Queue> queue = Queues::the().find(number);
  if (queue == nullptr)
    return 0;
  {
    std::lock_guard<std::mutex> guard(queue->mutex);
    if (queue->completed.empty())
      return 0;
    queue->taken = std::move(queue->completed.front());
    queue->completed.pop_front();
  }
  fill(completion, {queue->taken->id, static_cast<double>(queue->taken->count),
                    static_cast<double>(queue->taken->error)});
  return 1;
}

void bio_finish(uint32_t number, Bytes data) {
  const std::shared_ptr<Queue> queue = Queues::the().find(number);
  if (queue == nullptr || queue->taken == nullptr)
    return;
  const std::unique_ptr<Request> request = std::move(queue->taken);
  // Only now: were it let go by the host thread, a kernel could reap between the ring and that, and then wait
  // for a ring that has been.
  rumpuser_release(queue->idler);
  request->opens = false;
  if (request->error != 0 || request->block != nullptr || request->gives == Request::Gives::nothing)
    return;
  // The caller may have detached its buffer meanwhile; then there is nowhere to put it.
  const size_t wanted = request->gives == Request::Gives::all ? request->copy.size() : request->count;
  if (const size_t size = std::min(wanted, data.size))
    memcpy(data.data, request->copy.data(), size);
}

} // namespace

void define_host_bio(Napi::Object exports) {
  define<bio_open>(exports, "bioOpen");
  define<bio_close>(exports, "bioClose");
  define<bio_start>(exports, "bioStart");
  define<fsop_start>(exports, "fsopStart");
  define<fsop_now>(exports, "fsopNow");
  define<read_now>(exports, "readNow");
  define<bio_next>(exports, "bioNext");
  define<bio_finish>(exports, "bioFinish");
}

} // namespace binding
