#include "bench/storage/sync_probe.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "base/format.h"
#include "bench/storage/clock.h"
#include "bench/storage/failure.h"
#include "bench/storage/usage.h"

namespace cordwood::bench {
namespace {

constexpr size_t kWriteBytes = 4096;
constexpr uint64_t kAloneNs = 2'000'000'000;

void WriteAndSync(int descriptor) {
  static constexpr char kBytes[kWriteBytes] = {};
  if (::pwrite(descriptor, kBytes, kWriteBytes, 0) != static_cast<ssize_t>(kWriteBytes) ||
      ::fdatasync(descriptor) != 0) {
    EndWith("the probe of fdatasync cannot write its file");
  }
}

}  // namespace

SyncProbe::SyncProbe(const std::string& dir)
    : path_(dir + "/fdatasync_probe"),
      descriptor_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (descriptor_ < 0) EndWith(Format("the probe of fdatasync cannot create {}", path_));
  WriteAndSync(descriptor_);  // so that those that count change no size
}

SyncProbe::~SyncProbe() {
  if (thread_.joinable()) Stop();
  ::close(descriptor_);
  ::unlink(path_.c_str());
}

void SyncProbe::Start() {
  stopping_ = false;
  result_ = {};
  thread_ = std::thread([this] { Run(); });
}

SyncProbe::Result SyncProbe::Stop() {
  stopping_ = true;
  thread_.join();
  return std::exchange(result_, {});
}

SyncProbe::Result SyncProbe::RunAlone() {
  stopping_ = false;
  result_ = {};
  const uint64_t end_ns = NowNs() + kAloneNs;
  while (NowNs() < end_ns) {
    const uint64_t start_ns = NowNs();
    WriteAndSync(descriptor_);
    result_.latencies.Add(NowNs() - start_ns);
  }
  return std::exchange(result_, {});
}

void SyncProbe::Run() {
  const uint64_t cpu_ns = ThreadCpuNs();
  while (!stopping_) {
    const uint64_t start_ns = NowNs();
    WriteAndSync(descriptor_);
    result_.latencies.Add(NowNs() - start_ns);
  }
  result_.cpu_ns = ThreadCpuNs() - cpu_ns;
  result_.written_bytes = result_.latencies.count() * kWriteBytes;
}

}  // namespace cordwood::bench
