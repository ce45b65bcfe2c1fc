// MULTI, EXEC and what belongs to them: commands that are queued and then run as one.
//
// The queue of EXEC runs in one transaction, so it is in the log as a whole or not at all. A cold
// command does not end the run: those behind it go on, so that the blocks of all are named at once.

#include <optional>

#include "base/format.h"
#include "commands/all_commands.h"
#include "commands/core/call.h"
#include "commands/core/command_queue.h"
#include "commands/core/host.h"
#include "commands/core/lookup.h"
#include "commands/core/monitors.h"
#include "commands/core/process.h"
#include "commands/core/row.h"
#include "commands/core/settings.h"
#include "commands/core/tracking.h"
#include "commands/core/watches.h"

namespace cordwood::commands::transactions {
namespace {

// A longer queue goes on in turns, on a stack of its own. Blocks are named for so many commands.
constexpr uint64_t kQueuedPerTurn = 256;
constexpr uint64_t kBytesPerTurn = uint64_t{1} << 20;
constexpr uint64_t kNamedAtOnce = 4096;

Status Multi(Call& call) {
  if (call.client.queue != nullptr) return call.Error("ERR MULTI calls can not be nested");
  call.client.queue = std::make_unique<CommandQueue>();
  call.reply.Ok();
  return {};
}

Status Discard(Call& call) {
  if (call.client.queue == nullptr) return call.Error("ERR DISCARD without MULTI");
  call.client.queue.reset();
  call.host.watches.Unwatch(call.client);
  call.reply.Ok();
  return {};
}

Status Watch(Call& call) {
  if (call.client.queue != nullptr) return call.Error("ERR WATCH inside MULTI is not allowed");
  const std::span<const std::string_view> keys = call.argv.subspan(1);
  std::vector<Watches::KeyState> states;
  using Seen = std::optional<keyspace::RecordView>;
  CW_TRY(SeeEach(call, keys, [&](std::string_view, const Seen& record) {
    states.push_back({.exists = record.has_value(),
                      .expiry_ms = record ? record->header.expiry_ms : std::nullopt});
    return true;
  }));
  for (size_t i = 0; i < keys.size(); ++i) {
    CW_TRY(call.tx.Breathe());
    call.host.watches.Watch(call.client, call.client.db, keys[i], states[i]);
  }
  call.reply.Ok();
  return {};
}

Status Unwatch(Call& call) {
  call.Defer([&watches = call.host.watches, &client = call.client] { watches.Unwatch(client); });
  call.reply.Ok();
  return {};
}

/// Goes through with what else would go on in slices. REQUIRES: the transaction waits.
Status Complete(Call& call, LongRead& read) {
  read.FixGeneration(call.tx.GenerationOf(call.client.db));
  while (true) {
    CW_ASSIGN(const bool done, read.Step(call.tx, call.reply));
    if (done || call.reply.overflowed()) return {};
    call.reply.GiveAway();
    CW_TRY(call.tx.Breathe());
  }
}

/// Runs the handler. Where the transaction waits, one that could not is run again when its blocks
/// are there: the walks of others would have them go before all is run again.
Status RunWaiting(Call& call, const Command& command, size_t reply_start) {
  const bool reads = (command.flags & kReadOnly) != 0;
  using Earlier = keyspace::Waiter::Earlier;
  for (Earlier earlier = Earlier::kGo;; earlier = Earlier::kStay) {
    const Status status = command.handler(call);
    const bool is_cold = !status && status.error().code() == ErrorCode::kCold;
    if (!is_cold || !reads || !call.tx.waits() || call.tx.view().missing().empty()) return status;
    call.reply.Truncate(reply_start);
    CW_TRY(call.tx.AwaitBlocks(earlier));
  }
}

/// Once the whole counts.
void Show(Call& exec, const CommandQueue::Queued& queued) {
  exec.Defer([&monitors = exec.host.monitors, &client = exec.client, db = exec.client.db,
              &command = *queued.command, words = queued.argv] {
    const std::vector<std::string_view> argv(words.begin(), words.end());
    monitors.Show(client, db, command, argv);
  });
}

void NoteRun(Call& exec, CommandQueue::Queued& queued, size_t reply_start) {
  queued.ran = true;
  queued.error_code.clear();
  const std::string_view reply = exec.reply.From(reply_start);
  if (reply.starts_with('-')) queued.error_code = protocol::CodeOfError(reply);
  queued.reply_bytes = reply.size();
}

/// The same of the keys that it read.
void Remember(Call& exec, const CommandQueue::Queued& queued) {
  if (!exec.client.tracking.RemembersReads() || (queued.command->flags & kReadOnly) == 0) return;
  const bool executes = exec.tx.mode() == keyspace::Transaction::Mode::kExecute;
  exec.Defer([&tracking = exec.host.tracking, &client = exec.client, &command = *queued.command,
              words = queued.argv, &tx = exec.tx, executes, seen = exec.tx.changes().size()] {
    const std::vector<std::string_view> argv(words.begin(), words.end());
    const size_t own_changes = tx.changes().empty() ? Tracking::kAllChanges : seen;
    tracking.RememberReads(client, command, argv,
                           executes ? std::optional(own_changes) : std::nullopt);
  });
}

/// Runs one command of the queue. `index` is its place.
Status RunQueued(Call& exec, CommandQueue::Queued& queued, uint64_t index) {
  const storage::ReadScope scope(exec.tx.view());
  const std::vector<std::string_view> argv(queued.argv.begin(), queued.argv.end());
  const size_t reply_start = exec.reply.size();
  const uint64_t worked_ns = exec.host.process.WorkedNs(exec.client);
  Call call{.argv = argv,
            .tx = exec.tx,
            .reply = exec.reply,
            .client = exec.client,
            .host = exec.host,
            .draw = index};
  const Status status = RunWaiting(call, *queued.command, reply_start);
  if (!status && status.error().code() == ErrorCode::kLong) {
    exec.wants_own_run = true;
    return {};
  }
  CW_TRY(status);
  if (call.long_read != nullptr && !exec.tx.waits()) {
    exec.wants_own_run = true;
  } else if (call.long_read != nullptr) {
    CW_TRY(Complete(call, *call.long_read));
  }
  for (Effect& effect : call.effects) exec.effects.push_back(std::move(effect));
  if (exec.host.monitors.any()) Show(exec, queued);
  NoteRun(exec, queued, reply_start);
  queued.took_ns += exec.host.process.WorkedNs(exec.client) - worked_ns;
  Remember(exec, queued);
  return exec.tx.Breathe();
}

/// An overlay is held in memory, beside what clients sent.
Status CheckOverlay(Call& exec, const CommandQueue& queue) {
  const uint64_t bytes_max = exec.tx.keyspace().options().overlay_bytes_max + queue.memory_bytes();
  if (exec.tx.write_bytes() <= bytes_max) return {};
  return Fail(ErrorCode::kTooLarge,
              Format("the transaction writes more than {} bytes, a sixteenth of the memory budget "
                     "beside its arguments; nothing of it was done. Raise maxmemory, or do it in "
                     "parts",
                     bytes_max));
}

/// Whether so many commands, and what they wrote, are as much as one turn may take.
bool IsMuch(const Call& exec, uint64_t commands) {
  return commands >= kQueuedPerTurn || exec.tx.write_bytes() > kBytesPerTurn;
}

/// Behind a cold command the others run on to name their blocks, and nothing that they say counts.
/// Not so if it has written a part of what it does: they would meet a state that never is.
Status RunQueue(Call& exec, CommandQueue& queue) {
  Status cold;
  exec.reply.ArrayHeader(queue.size());
  uint64_t index = 0;
  for (CommandQueue::Queued& queued : queue.commands()) {
    if (cold && !exec.tx.waits() && IsMuch(exec, index)) exec.wants_own_run = true;
    if (exec.wants_own_run || (!cold && index >= kNamedAtOnce)) break;
    const uint64_t written = exec.tx.write_bytes();
    const Status status = RunQueued(exec, queued, ++index);
    const bool is_cold = !status && status.error().code() == ErrorCode::kCold;
    if (!status && !is_cold) return cold ? status : cold;
    if (is_cold) cold = status;
    if (is_cold && exec.tx.write_bytes() != written) break;
    if (exec.reply.overflowed() || exec.wants_own_run) break;
    if (cold) CW_TRY(CheckOverlay(exec, queue));
  }
  return cold;
}

Status Exec(Call& call) {
  CommandQueue* const queue = call.client.queue.get();
  if (queue == nullptr) return call.Error("ERR EXEC without MULTI");
  if (queue->spoiled()) {
    return call.Error("EXECABORT Transaction discarded because of previous errors.");
  }
  if (call.host.watches.IsSpoiled(call.client, call.tx.now_ms())) {
    call.met_newest = true;  // what spoiled it may not be visible yet
    call.reply.NullArray();
    return {};
  }
  const ClientState before = call.client;
  const Status status = RunQueue(call, *queue);
  if (!call.tx.waits() && call.tx.is_much()) call.wants_own_run = true;
  if (!status || call.wants_own_run) static_cast<ClientState&>(call.client) = before;
  return status;
}

constexpr uint32_t kAtOnce = kNoScript | kAlways | kFast | kAllowBusy | kNeverQueued;

constexpr Command kRowsOfTransaction[] = {
    {.name = "discard",
     .arity = 1,
     .flags = kAtOnce,
     .handler = Discard,
     .categories = kTransactionCategory,
     .docs = {.group = "transactions",
              .since = "2.0.0",
              .complexity = "O(N) where N is the number of queued commands",
              .summary = "Drops what was queued since MULTI."}},
    {.name = "exec",
     .arity = 1,
     .flags = kNoScript | kAlways | kSkipSlowLog | kNeverQueued | kRunsQueue,
     .handler = Exec,
     .categories = kTransactionCategory,
     .docs = {.group = "transactions",
              .since = "1.2.0",
              .complexity = "Depends on the queued commands",
              .summary = "Runs what was queued since MULTI, as one."}},
    {.name = "multi",
     .arity = 1,
     .flags = kAtOnce,
     .handler = Multi,
     .categories = kTransactionCategory,
     .docs = {.group = "transactions",
              .since = "1.2.0",
              .complexity = "O(1)",
              .summary = "Queues the commands that follow, until EXEC."}},
    {.name = "unwatch",
     .arity = 1,
     .flags = kNoScript | kAlways | kFast | kAllowBusy,
     .handler = Unwatch,
     .categories = kTransactionCategory,
     .docs = {.group = "transactions",
              .since = "2.2.0",
              .complexity = "O(1)",
              .summary = "Watches no key any more."}},
    {.name = "watch",
     .arity = -2,
     .flags = kAtOnce | kOnExecutor,
     .keys = {Keys(1, -1, 1, kRO)},
     .handler = Watch,
     .categories = kTransactionCategory,
     .docs = {.group = "transactions",
              .since = "2.2.0",
              .complexity = "O(1) for every key",
              .arguments = "key#0...",
              .summary = "Lets the next EXEC do nothing if one of the keys is changed before."}},
};

}  // namespace

Rows TransactionRows() { return kRowsOfTransaction; }

}  // namespace cordwood::commands::transactions
