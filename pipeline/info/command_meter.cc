#include "pipeline/info/command_meter.h"

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "protocol/reply_writer.h"

namespace cordwood::pipeline {
namespace {

using commands::CommandLogKind;

constexpr uint64_t kNsPerMicrosecond = 1000;

/// Negative limits are none.
bool Reaches(uint64_t amount, int64_t limit) {
  return limit >= 0 && amount >= static_cast<uint64_t>(limit);
}

}  // namespace

void CommandMeter::NoteFinished(Session& session, std::string_view reply) {
  const commands::Command& command = *session.command;
  const uint64_t took_ns = std::exchange(session.took_ns, 0) + clock_.Lap(env_.MonotonicNs());
  commands::CommandStats& stats = monitoring_.commands[&command];
  Count(command, took_ns, stats);
  if (reply.starts_with('-')) [[unlikely]] {
    ++stats.failed_calls;
    CountError(protocol::CodeOfError(reply));
  }
  const Sizes sizes = {.request_bytes = session.parser.request_bytes(),
                       .reply_bytes = session.replies.appended() - session.reply_begins};
  if (StandsOut(took_ns, sizes)) [[unlikely]]
    List(session, command, session.argv(), took_ns, sizes);
}

void CommandMeter::NoteQueued(const Session& session,
                              const commands::CommandQueue::Queued& queued) {
  commands::CommandStats& stats = monitoring_.commands[queued.command];
  Count(*queued.command, queued.took_ns, stats);
  if (!queued.error_code.empty()) {
    ++stats.failed_calls;
    CountError(queued.error_code);
  }
  const Sizes sizes = {.request_bytes = queued.request_bytes, .reply_bytes = queued.reply_bytes};
  if (!StandsOut(queued.took_ns, sizes)) return;
  const std::vector<std::string_view> argv(queued.argv.begin(), queued.argv.end());
  List(session, *queued.command, argv, queued.took_ns, sizes);
}

void CommandMeter::NoteRejected(const commands::Command* command, std::string_view error) {
  if (command != nullptr) ++monitoring_.commands[command].rejected_calls;
  CountError(protocol::CodeOfError(error));
}

void CommandMeter::Count(const commands::Command& command, uint64_t took_ns,
                         commands::CommandStats& stats) {
  ++stats.calls;
  stats.ns += took_ns;
  if (config_.latency_tracking) {
    if (stats.latency == nullptr) [[unlikely]]
      stats.latency = std::make_unique<commands::LatencyHistogram>();
    stats.latency->Record(took_ns);
  }
  events_.Note((command.flags & commands::kFast) != 0 ? "fast-command" : "command", took_ns);
}

void CommandMeter::CountError(std::string_view code) {
  const auto it = monitoring_.errors.find(code);
  if (it != monitoring_.errors.end()) {
    ++it->second;
  } else {
    monitoring_.errors.emplace(code, 1);
  }
}

bool CommandMeter::StandsOut(uint64_t took_ns, const Sizes& sizes) const {
  return Reaches(took_ns / kNsPerMicrosecond, config_.slowlog_log_slower_than_us) ||
         Reaches(sizes.request_bytes, config_.commandlog_request_larger_than) ||
         Reaches(sizes.reply_bytes, config_.commandlog_reply_larger_than);
}

void CommandMeter::List(const Session& session, const commands::Command& command,
                        std::span<const std::string_view> argv, uint64_t took_ns,
                        const Sizes& sizes) {
  if ((command.flags & commands::kSkipSlowLog) != 0) return;
  const auto add = [&](CommandLogKind kind, uint64_t amount, int64_t limit, int64_t max_len) {
    if (!Reaches(amount, limit) || max_len == 0) return;
    constexpr int64_t kMsPerSecond = 1000;
    monitoring_.logs[static_cast<size_t>(kind)].Add(
        {.unix_seconds = env_.WallMs() / kMsPerSecond,
         .amount = amount,
         .argv = commands::LoggedArguments(command, argv),
         .address = session.client.address,
         .name = session.client.name},
        static_cast<size_t>(max_len));
  };
  add(CommandLogKind::kSlow, took_ns / kNsPerMicrosecond, config_.slowlog_log_slower_than_us,
      config_.slowlog_max_len);
  add(CommandLogKind::kLargeRequest, sizes.request_bytes, config_.commandlog_request_larger_than,
      config_.commandlog_large_request_max_len);
  add(CommandLogKind::kLargeReply, sizes.reply_bytes, config_.commandlog_reply_larger_than,
      config_.commandlog_large_reply_max_len);
}

}  // namespace cordwood::pipeline
