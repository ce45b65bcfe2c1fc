#include "tests/pipeline/sim_server.h"

#include <algorithm>
#include <sstream>

#include "base/check.h"
#include "base/number.h"
#include "pipeline/info/memory_budget.h"
#include "protocol/command_writer.h"

namespace cordwood::pipeline {
namespace {

// Of the simulated machine.
constexpr uint64_t kAvailableMemoryBytes = 16ull << 30;

}  // namespace

storage::StoreOptions TinyStoreOptions() {
  return {.log_segment_bytes = 64 << 10,
          .memtable_bytes = 8 << 10,
          .memtable_list_entries = 8,
          .block_cache_bytes = 32 << 10,
          .block_bytes = 512,
          .fragment_bytes = 4 << 10,
          .runs_per_level = 3,
          .last_level_fanout = 3};
}

std::string Pipelined(const std::vector<std::vector<std::string_view>>& commands) {
  std::string bytes;
  for (const std::vector<std::string_view>& argv : commands) protocol::AppendCommand(bytes, argv);
  return bytes;
}

SimServer::SimServer(support::SimEnv& env, const storage::StoreOptions& store_options,
                     config::Config config)
    : env_(env), store_options_(store_options), config_(std::move(config)) {
  facts_.available_memory_bytes = kAvailableMemoryBytes;
  facts_.started_ns = env.MonotonicNs();
  facts_.usage = [] { return ProcessFacts::Usage{}; };
}

SimServer::~SimServer() {
  env_.ForbidMainIo(false);
  host_.reset();
  pipeline_.reset();
  posted_.clear();  // they may keep blocks in the cache
  keyspace_.reset();
}

Status SimServer::Start() {
  storage::StoreOptions options = store_options_;
  options.durability = DurabilityOf(config_.appendfsync);
  const uint64_t budget = MemoryBudget(config_, facts_.available_memory_bytes);
  CW_ASSIGN(keyspace_,
            keyspace::Keyspace::Open(env_, "data", options, KeyspaceOptionsFor(config_, budget)));
  pipeline_ = std::make_unique<Pipeline>(env_, *keyspace_, config_, table_, *this);
  host_ = std::make_unique<ProcessHost>(*pipeline_, facts_);
  pipeline_->SetHost(&host_->services());
  keyspace_->SetListener([this] { progress_ = true; });
  env_.ForbidMainIo(true);
  return {};
}

SessionId SimServer::Connect() {
  return pipeline_->Open({.address = "127.0.0.1:1", .local_address = "127.0.0.1:6379"});
}

SocketState SimServer::SocketOf(SessionId id) const {
  return {.descriptor = static_cast<int>(id) + 100,
          .awaits_room = not_reading_.contains(id) && !pipeline_->ReadyOutput(id).empty()};
}

void SimServer::Disconnect(SessionId id) { pipeline_->Close(id); }

void SimServer::SetReading(SessionId id, bool reads) {
  if (!reads) {
    not_reading_.insert(id);
    return;
  }
  not_reading_.erase(id);
  ServeOne(id);
  RunLoop();
}

void SimServer::Deliver(SessionId id, std::string_view bytes) {
  while (!bytes.empty() && !env_.frozen()) {
    if (!pipeline_->WantsInput(id)) {
      if (pipeline_->Find(id) == nullptr || pipeline_->ShouldClose(id)) return;
      if (!Step() && !pipeline_->WantsInput(id)) Tick();
      continue;
    }
    const std::span<char> room = pipeline_->InputSpan(id, std::min<size_t>(bytes.size(), 4096));
    const size_t size = std::min(room.size(), bytes.size());
    std::copy_n(bytes.data(), size, room.data());
    bytes.remove_prefix(size);
    pipeline_->Received(id, size);
  }
}

void SimServer::Send(SessionId id, std::string_view bytes) {
  Deliver(id, bytes);
  RunLoop();
}

void SimServer::SendCommand(SessionId id, const std::vector<std::string_view>& argv) {
  std::string bytes;
  protocol::AppendCommand(bytes, argv);
  Send(id, bytes);
}

std::string SimServer::Receive(SessionId id) { return std::exchange(received_[id], {}); }

void SimServer::Serve() {
  std::vector<SessionId> ids = pipeline_->TakeDirty();
  while (!ids.empty()) {
    for (const SessionId id : ids) ServeOne(id);
    ids = pipeline_->TakeDirty();
  }
}

void SimServer::ServeOne(SessionId id) {
  std::string_view ready = pipeline_->ReadyOutput(id);
  while (!ready.empty() && !not_reading_.contains(id)) {
    // After the power went, nothing reaches a client.
    if (!env_.frozen()) received_[id] += ready;
    pipeline_->Sent(id, ready.size());
    ready = pipeline_->ReadyOutput(id);
  }
  if (pipeline_->ShouldClose(id)) {
    pipeline_->Close(id);
    closed_.insert(id);
  }
}

bool SimServer::RunLoop() {
  const bool due = !posted_.empty() || progress_ || pipeline_->WantsTurn();
  while (!posted_.empty()) {
    const std::function<void()> task = std::move(posted_.front());
    posted_.pop_front();
    task();
  }
  if (std::exchange(progress_, false)) pipeline_->OnProgress();
  if (pipeline_->WantsTurn()) pipeline_->Turn();
  pipeline_->EndPass();
  Serve();
  pipeline_->EndPass();
  return due;
}

bool SimServer::Step() {
  const bool ran = env_.Step();
  return RunLoop() || ran;
}

void SimServer::Settle() {
  while (Step() && !env_.frozen()) {
  }
}

void SimServer::RunForMs(uint64_t ms) {
  for (const uint64_t end_ns = env_.MonotonicNs() + ms * 1'000'000; env_.MonotonicNs() < end_ns;) {
    env_.RunForMs(1);
    Settle();
  }
}

void SimServer::Tick() {
  env_.AdvanceMs(1000 / kTicksPerSecond);
  pipeline_->Tick();
  RunLoop();
}

std::string SimServer::Ask(const std::vector<std::string_view>& argv) {
  const SessionId id = Connect();
  SendCommand(id, argv);
  std::string reply = Receive(id);
  for (int ticks = 0; reply.empty() && !env_.frozen() && ticks < 1000;) {
    if (!Step()) {
      Tick();
      ++ticks;
    }
    reply += Receive(id);
  }
  Settle();
  reply += Receive(id);
  Disconnect(id);
  return reply;
}

std::map<std::string, std::string> SimServer::Info() {
  std::istringstream text(Ask({"INFO", "everything"}));
  std::map<std::string, std::string> fields;
  for (std::string line; std::getline(text, line);) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos || !line.ends_with('\r')) continue;
    fields[line.substr(0, colon)] = line.substr(colon + 1, line.size() - colon - 2);
  }
  return fields;
}

int64_t SimServer::InfoNumber(const std::string& field) {
  const std::optional<int64_t> number = ParseInt64(Info()[field]);
  CHECK(number.has_value());
  return *number;
}

}  // namespace cordwood::pipeline
