#include "tests/pipeline/power_loss_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>

#include "base/format.h"
#include "base/hash.h"
#include "protocol/command_writer.h"

namespace cordwood::pipeline {
namespace {

using support::PowerLoss;
using support::SimEnv;
using support::SimOp;

constexpr size_t kWriters = 4;
// A hash in these tests has up to six fields: it moves to elements and back by being deleted.
constexpr int64_t kInlineBytes = 48;
constexpr std::string_view kEndMark = "that was all";
const std::vector<std::string> kSharedKeys = {"shared:n0", "shared:n1", "shared:t0", "shared:t1"};

size_t LogFiles(const SimEnv& env) {
  return static_cast<size_t>(std::ranges::count_if(
      env.Paths("data"), [](const std::string& path) { return path.ends_with(".wal"); }));
}

config::Config ConfigFor(config::AppendFsync appendfsync) {
  config::Config config;
  config.appendfsync = appendfsync;
  config.collection_max_inline_bytes = kInlineBytes;
  return config;
}

/// Takes a bulk string, as it stands, off the front of an array's elements.
std::string TakeBulk(std::string_view& replies) {
  int64_t size = -1;
  const size_t line = replies.find("\r\n");
  std::from_chars(replies.data() + 1, replies.data() + line, size);
  const size_t bytes = line + 2 + (size < 0 ? 0 : static_cast<size_t>(size) + 2);
  std::string bulk(replies.substr(0, bytes));
  replies.remove_prefix(bulk.size());
  return bulk;
}

}  // namespace

void WorldTotals::Add(const WorldTotals& other) {
  power_losses += other.power_losses;
  kills += other.kills;
  crashes_in_start += other.crashes_in_start;
  crashes_in_rotation += other.crashes_in_rotation;
  crashes_in_flush += other.crashes_in_flush;
  crashes_in_merge += other.crashes_in_merge;
  flushes += other.flushes;
  merges += other.merges;
  rotations += other.rotations;
  records_lost += other.records_lost;
}

PowerLossWorld::PowerLossWorld(uint64_t seed, config::AppendFsync appendfsync)
    : config_(ConfigFor(appendfsync)),
      random_(seed),
      // Calls take next to no time, so that the clock stands still within a pass of the loop.
      env_(std::make_unique<SimEnv>(support::SimOptions{.seed = seed, .call_ns = 1})),
      shown_(kWriters) {
  for (size_t i = 0; i < kWriters; ++i) writers_.emplace_back(i);
}

PowerLossWorld::~PowerLossWorld() { server_.reset(); }

void PowerLossWorld::Run(int lives) {
  for (int life = 0; life <= lives; ++life) {
    const bool last = life == lives;
    if (!StartAndVerify(last)) return;
    if (last) break;
    // Now and then nothing is written before the next crash: what a start found stays found.
    if (!env_->frozen() && !random_.OneIn(8)) {
      Connect();
      PlanCrash();
      Work(static_cast<int>(random_.Below(80)));
    }
    if (::testing::Test::HasFailure()) return;
    Crash();
    if (::testing::Test::HasFailure()) return;
  }
}

// --- lives ---

bool PowerLossWorld::StartAndVerify(bool last) {
  for (int tries = 0;; ++tries) {
    if (!last && tries < 3 && random_.OneIn(3)) {
      env_->CrashAtCall(env_->Calls() + 1 + random_.Below(120));
    }
    if (Start() || ::testing::Test::HasFailure()) break;
    ++totals_.crashes_in_start;
    Crash();
    if (::testing::Test::HasFailure()) return false;
  }
  if (::testing::Test::HasFailure()) return false;
  std::vector<size_t> counts;
  Verify(*server_, &counts);
  if (::testing::Test::HasFailure()) return false;
  if (env_->frozen()) return true;  // the next start has to find the same
  shared_.Rebase(server_->keyspace().store().last_seq());
  for (size_t i = 0; i < writers_.size(); ++i) {
    writers_[i].Connect(0, counts[i]);
    shown_[i] = 0;
  }
  shared_shown_ = 0;
  replies_count_ = true;
  return true;
}

/// False: the power went meanwhile.
bool PowerLossWorld::Start() {
  server_ = std::make_unique<SimServer>(*env_, TinyStoreOptions(), config_);
  const Status started = server_->Start();
  if (!started) {
    EXPECT_TRUE(env_->frozen()) << started.error().message() << env_->Report();
    return false;
  }
  // So that lists have ranks while they are small.
  server_->keyspace().options().steps_without_ranks = 1;
  server_->keyspace().options().rank_children_max = 8;
  const storage::Store& store = server_->keyspace().store();
  const storage::Seq found = store.last_seq();
  EXPECT_EQ(store.synced(), found) << "a start serves what the next one may not find";
  EXPECT_GE(found, kernel_) << "lost: seqs up to " << kernel_ << " were owed" << env_->Report();
  EXPECT_LE(found, given_) << "found: seqs that nobody was given";
  synced_ = found;
  kernel_ = found;
  given_ = found;
  return true;
}

void PowerLossWorld::Connect() {
  connected_ = true;
  for (Writer& writer : writers_) writer.Connect(server_->Connect(), 0);
  observer_ = server_->Connect();
  asked_.clear();
}

void PowerLossWorld::PlanCrash() {
  constexpr SimOp kTableOps[] = {SimOp::kCreate, SimOp::kWrite, SimOp::kSync, SimOp::kRemove};
  switch (random_.Below(5)) {
    case 0:
      env_->CrashAtCall(env_->Calls() + 1 + random_.Below(300));
      break;
    case 1:
      env_->CrashAtNth(kTableOps[random_.Below(std::size(kTableOps))], ".sst",
                       1 + random_.Below(4));
      break;
    case 2:
      if (random_.OneIn(2)) {
        env_->CrashAtNth(SimOp::kCreate, ".wal", 1 + random_.Below(2));
      } else {
        env_->CrashAtNth(SimOp::kAny, "MANIFEST", 1 + random_.Below(5));
      }
      break;
    default:
      break;
  }
}

void PowerLossWorld::Work(int rounds) {
  const size_t log_files = LogFiles(*env_);
  for (int round = 0; round < rounds && !env_->frozen(); ++round) {
    SendCommands(writers_[random_.Below(writers_.size())]);
    for (uint64_t steps = random_.Below(30); steps > 0; --steps) Step();
    if (random_.OneIn(20)) Tick();
    // A second and more, after which everysec syncs.
    if (random_.OneIn(40)) env_->AdvanceMs(600 + random_.Below(600));
    if (random_.OneIn(3)) Observe();
    Collect();
    if (::testing::Test::HasFailure()) return;
  }
  const storage::StoreStats stats = server_->keyspace().store().Stats();
  totals_.flushes += stats.background.flushes;
  totals_.merges += stats.background.merges;
  // One is made ahead before the first is full.
  const size_t made = LogFiles(*env_) - std::min(log_files, LogFiles(*env_));
  if (made > 1) totals_.rotations += made - 1;
}

void PowerLossWorld::SendCommands(Writer& writer) {
  for (uint64_t left = 1 + random_.Below(4); left > 0 && !env_->frozen();) {
    if (!server_->pipeline().WantsInput(writer.session()) || writer.waiting()) break;
    // Most commands arrive alone, though in one pass of the loop: then their seqs are known.
    const uint64_t together = random_.OneIn(6) ? left : 1;
    std::string bytes;
    for (uint64_t i = 0; i < together; ++i) {
      const bool shared = together == 1 && writer.MayDrawShared() && random_.OneIn(6);
      Writer::Argv argv = shared ? writer.DrawShared(random_) : writer.Draw(random_);
      // The clock that it reads is known for the last one only.
      if (i + 1 < together && argv[0] == "SETEX") argv = {"SET", argv[1], argv[3]};
      Writer::AppendTo(bytes, argv);
      writer.NoteSent(std::move(argv));
    }
    left -= together;
    server_->Deliver(writer.session(), bytes);
    NoteExecuted();
  }
  server_->RunLoop();
  NoteExecuted();
}

void PowerLossWorld::Step() {
  server_->Step();
  NoteExecuted();
}

void PowerLossWorld::Tick() {
  server_->Tick();
  NoteExecuted();
}

/// Looks which commands have been executed since the last look, in whatever order that was.
void PowerLossWorld::NoteExecuted() {
  struct Finished {
    storage::Seq seq;
    Writer* writer;
  };
  if (env_->frozen()) return;  // Crash asks for the rest
  std::vector<Finished> finished;
  for (Writer& writer : writers_) {
    if (!writer.waiting()) continue;
    const Session* session = server_->pipeline().Find(writer.session());
    if (!session->held()) finished.push_back({.seq = session->dep, .writer = &writer});
  }
  std::ranges::sort(finished, {}, &Finished::seq);
  for (const Finished& one : finished) one.writer->NoteExecuted(one.seq, env_->WallMs(), shared_);
}

std::string PowerLossWorld::Receive(SessionId session) {
  std::string bytes = server_->Receive(session);
  replies_hash_ = Hash64(bytes, replies_hash_);
  return bytes;
}

void PowerLossWorld::Collect() {
  for (Writer& writer : writers_) writer.Receive(Receive(writer.session()));
}

// --- what readers see ---

/// Several keys of several writers, read at one moment.
void PowerLossWorld::Observe() {
  if (asked_.empty()) {
    std::vector<std::string_view> argv = {"MGET"};
    asked_of_.clear();
    for (int i = 0; i < 3; ++i) {
      asked_of_.push_back(random_.Below(writers_.size() + 1));
      asked_.push_back(asked_of_.back() < writers_.size()
                           ? writers_[asked_of_.back()].DrawString(random_)
                           : KeyModel::Key(0, kSharedKeys[random_.Below(kSharedKeys.size())]));
    }
    for (const KeyModel::Key& key : asked_) argv.push_back(key.second);
    asked_at_ = server_->keyspace().store().visible();
    server_->SendCommand(observer_, argv);
    NoteExecuted();
  }
  const std::string reply = Receive(observer_);
  if (reply.empty()) return;  // its blocks are being fetched
  CheckShown(reply, asked_at_, server_->keyspace().store().visible());
  asked_.clear();
}

/// A read that waited for its blocks was made at some D between these.
void PowerLossWorld::CheckShown(const std::string& reply, storage::Seq asked_at,
                                storage::Seq shown_at) {
  std::string_view rest = reply;
  rest.remove_prefix(rest.find("\r\n") + 2);
  for (size_t i = 0; i < asked_.size(); ++i) {
    const std::string bulk = TakeBulk(rest);
    const bool is_shared = asked_of_[i] == writers_.size();
    const Writer* writer = is_shared ? nullptr : &writers_[asked_of_[i]];
    if (writer != nullptr && writer->MayBeHalfDone()) continue;
    const KeyModel& keys = is_shared ? shared_ : writer->keys();
    const uint64_t from = is_shared ? asked_at : writer->ExecutedBy(asked_at).least;
    const uint64_t to = is_shared ? shown_at : writer->ExecutedBy(shown_at).most;
    const std::optional<uint64_t> version = keys.FirstWithReply(asked_[i], from, to, bulk);
    ASSERT_TRUE(version) << "between D = " << asked_at << " and " << shown_at
                         << " the observer was shown for " << asked_[i].second << ": " << bulk
                         << "\n"
                         << (is_shared ? "" : writer->History());
    if (is_shared) {
      shared_shown_ = std::max(shared_shown_, *version);
    } else {
      shown_[asked_of_[i]] = std::max<size_t>(shown_[asked_of_[i]], *version);
    }
  }
}

// --- crashes ---

/// What was going on, from the list of tasks: "  task 7 (flush) can go on, last call: write n.sst".
void PowerLossWorld::NoteCrashSite() {
  for (std::string_view tasks = env_->TasksAtTheEnd(); !tasks.empty();) {
    const std::string_view line = tasks.substr(0, tasks.find('\n'));
    tasks.remove_prefix(line.size() + 1);
    const auto in_lane = [&](std::string_view lane) {
      return line.find(lane) != std::string_view::npos;
    };
    if (line.find("last call: ") == std::string_view::npos) continue;
    if (in_lane(" (flush) ") && line.ends_with(".sst")) ++totals_.crashes_in_flush;
    if (in_lane(" (segments) ") && line.ends_with(".wal")) ++totals_.crashes_in_rotation;
    if (in_lane(" (compaction) ")) ++totals_.crashes_in_merge;
  }
}

void PowerLossWorld::NoteOwed() {
  const storage::Store& store = server_->keyspace().store();
  synced_ = store.synced();
  kernel_ = store.visible();
  given_ = store.last_seq();
}

void PowerLossWorld::Crash() {
  if (connected_) {
    Collect();
    // Of commands that arrived together and were held half way, some have been executed.
    for (Writer& writer : writers_) writer.NoteExecuted(0, env_->WallMs(), shared_);
    Collect();
  }
  if (server_->serves()) NoteOwed();
  connected_ = false;
  std::unique_ptr<SimEnv> next;
  if (random_.OneIn(4)) {
    ++totals_.kills;
    next = env_->Kill();
  } else {
    ++totals_.power_losses;
    const PowerLoss kinds[] = {PowerLoss::kRandom, PowerLoss::kRandom, PowerLoss::kDrop,
                               PowerLoss::kKeep};
    next = env_->LosePower(random_.Next(), kinds[random_.Below(std::size(kinds))]);
    kernel_ = synced_;
    replies_count_ = replies_count_ && config_.appendfsync == config::AppendFsync::kAlways;
  }
  NoteCrashSite();
  totals_.records_lost += given_ - kernel_;
  server_.reset();
  env_ = std::move(next);
  if (!::testing::Test::HasFailure()) VerifyAsEverySecond();
}

// --- what a start finds ---

void PowerLossWorld::VerifyAsEverySecond() {
  const std::unique_ptr<SimEnv> copy = env_->CopyAfterKill();
  SimServer server(*copy, TinyStoreOptions(), ConfigFor(config::AppendFsync::kEverySecond));
  const Status started = server.Start();
  ASSERT_TRUE(started) << started.error().message() << copy->Report();
  std::vector<size_t> counts;
  Verify(server, &counts);
}

void PowerLossWorld::Verify(SimServer& server, std::vector<size_t>* counts) {
  storage::Store& store = server.keyspace().store();
  const storage::Seq found = store.last_seq();
  ASSERT_GE(found, kernel_) << "seqs up to " << kernel_ << " were owed" << server.env().Report();
  if (replies_count_) {
    ASSERT_GE(found, shared_shown_) << "the observer was shown seq " << shared_shown_;
  }
  const bool with_counts = store.Stats().unsettled == 0;
  for (size_t i = 0; i < writers_.size(); ++i) {
    const Writer& writer = writers_[i];
    Writer::Range range = writer.ExecutedBy(found);
    if (replies_count_) {
      const size_t owed = std::max(writer.acknowledged(), shown_[i]);
      ASSERT_GE(range.most, owed) << "client " << i << " was told of more than " << found
                                  << server.env().Report();
      range.least = std::max(range.least, owed);
    }
    std::string bytes;
    writer.AppendProbes(bytes, with_counts);
    const std::string replies = AskAll(server, std::move(bytes));
    if (server.env().frozen()) return;
    size_t count = range.least;
    while (count <= range.most && writer.ProbeReplies(count, with_counts) != replies) ++count;
    if (count > range.most) {
      ASSERT_EQ(replies, writer.ProbeReplies(range.least, with_counts))
          << "client " << i << ": not the state after " << range.least << " to " << range.most
          << " commands, those up to seq " << found << ":\n"
          << writer.History() << server.env().Report();
    }
    counts->push_back(count);
  }
  VerifyShared(server);
}

void PowerLossWorld::VerifyShared(SimServer& server) {
  const storage::Seq found = server.keyspace().store().last_seq();
  std::string bytes;
  std::string expected;
  for (const std::string& name : kSharedKeys) {
    protocol::AppendCommand(bytes, {"GET", name});
    const KeyModel::Value* value = shared_.Find({0, name}, found);
    expected += BulkReply(value == nullptr ? nullptr : &value->text);
  }
  const std::string replies = AskAll(server, std::move(bytes));
  if (server.env().frozen()) return;
  ASSERT_EQ(replies, expected) << "the keys that all share are not those of seq " << found
                               << server.env().Report();
}

std::string PowerLossWorld::AskAll(SimServer& server, std::string bytes) {
  protocol::AppendCommand(bytes, {"ECHO", kEndMark});
  const std::string mark(kEndMark);
  const std::string end = BulkReply(&mark);
  const SessionId session = server.Connect();
  server.Send(session, bytes);
  std::string replies = server.Receive(session);
  for (int ticks = 0; !replies.ends_with(end) && !server.env().frozen();) {
    if (!server.Step()) {
      server.Tick();
      EXPECT_LT(++ticks, 100) << "no reply";
      if (ticks >= 100) break;
    }
    replies += server.Receive(session);
  }
  server.Disconnect(session);
  replies_hash_ = Hash64(replies, replies_hash_);
  if (replies.ends_with(end)) replies.resize(replies.size() - end.size());
  return replies;
}

}  // namespace cordwood::pipeline
