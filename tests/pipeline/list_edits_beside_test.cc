// LREM and LINSERT of long lists, while others push to them and pop from them: that is no reason to
// begin anew, and what they find is what there is when they are done.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "base/format.h"
#include "base/random.h"
#include "tests/pipeline/sim_server.h"
#include "tests/support/seeds.h"

namespace cordwood::pipeline {
namespace {

using EditWords = std::vector<std::string>;
using EditedElements = std::deque<std::string>;

std::string AllOf(const EditedElements& texts) {
  std::string reply = Format("*{}\r\n", texts.size());
  for (const std::string& text : texts) AppendFormat(reply, "${}\r\n{}\r\n", text.size(), text);
  return reply;
}

std::string IntegerOf(size_t n) { return Format(":{}\r\n", n); }

/// A server with one long list `l`, most of which is not in memory, and what it holds.
class EditWorld {
 public:
  explicit EditWorld(uint64_t seed) : env_(std::make_unique<support::SimEnv>(seed)), random_(seed) {
    Start();
    EditWords words = {"RPUSH", "l"};
    for (int i = 0; i < 1500; ++i) {
      words.push_back(i % 25 == 0 ? "x" : Format("element {} {}", i, std::string(60, 'v')));
    }
    list_ = {words.begin() + 2, words.end()};
    Ask(words);
  }

  /// Its elements lie at positions with others, also at its ends, and some positions are empty.
  void Edit() {
    for (int i = 0; i < 10; ++i) {
      for (const size_t at : {size_t{0}, size_t{700}, list_.size() - 2}) {
        if (list_[at] == "x") continue;
        EditWords insert = {"LINSERT", "l", "AFTER", list_[at], random_.OneIn(2) ? "x" : "z"};
        ASSERT_TRUE(Do(insert));
      }
      const std::string gone = list_[random_.Below(list_.size())];
      ASSERT_TRUE(Do({"LREM", "l", "1", gone}));
    }
  }
  /// Nothing of it is in the cache.
  void Forget() {
    Ask({"COMPACT"});
    server_->RunForMs(1000);
    Start();
  }

  /// Sends an edit, and lets it get to where it waits in the middle of its work.
  void Begin(const EditWords& edit) {
    env_->StallReads(".sst", 10);
    edit_ = edit;
    editor_ = server_->Connect();
    server_->SendCommand(editor_, {edit.begin(), edit.end()});
    for (int i = 0; i < 10'000 && stats().long_writes == 0; ++i) server_->RunForMs(1);
    ASSERT_EQ(stats().long_writes, 1u);
  }
  bool HasEnded() {
    if (edit_.empty()) return false;
    reply_ += server_->Receive(editor_);
    return !reply_.empty();
  }
  /// The edit did what it would have done now.
  void End() {
    env_->ClearFaults();
    server_->RunForMs(20'000);
    ASSERT_TRUE(HasEnded());
    EXPECT_EQ(reply_, Apply(edit_)) << edit_[0];
    EXPECT_TRUE(Ask({"LRANGE", "l", "0", "-1"}) == AllOf(list_));
  }
  /// What is there was synced, is merged, and outlives a kill.
  void CheckLater() {
    Ask({"COMPACT"});
    server_->RunForMs(1000);
    EXPECT_TRUE(Ask({"LRANGE", "l", "0", "-1"}) == AllOf(list_)) << "merged";
    std::unique_ptr<support::SimEnv> next = env_->Kill();
    server_.reset();
    env_ = std::move(next);
    Start();
    EXPECT_TRUE(Ask({"LRANGE", "l", "0", "-1"}) == AllOf(list_)) << "after a kill";
    EXPECT_EQ(Ask({"LLEN", "l"}), IntegerOf(list_.size()));
    EXPECT_EQ(Ask({"LINDEX", "l", "-1"}),
              Format("${}\r\n{}\r\n", list_.back().size(), list_.back()));
  }

  /// A command, there and in the model. False: the replies are different, though the edit has not
  /// ended meanwhile.
  bool Do(const EditWords& words) {
    const std::string reply = Ask(words);
    const std::string expected = Apply(words);
    return reply == expected || HasEnded();
  }
  /// One that moves the ends of the list.
  bool MoveEnds() {
    const std::string value = random_.OneIn(3) ? "x" : Format("new {}", random_.Below(5));
    switch (random_.Below(6)) {
      case 0:
        return Do({"LPUSH", "l", value});
      case 1:
        return Do({"RPUSH", "l", value});
      case 2:
        return Do({"LPOP", "l"});
      case 3:
        return Do({"RPOP", "l"});
      case 4:
        return Do({"LMOVE", "l", "l", "LEFT", "RIGHT"});
      default: {
        const uint64_t many = random_.Below(40);
        return Do({"LTRIM", "l", Format("{}", random_.Below(many + 1)),
                   Format("-{}", 1 + random_.Below(many + 1))});
      }
    }
  }

  std::string Ask(const EditWords& words) {
    std::string reply = server_->Ask({words.begin(), words.end()});
    server_->Settle();
    return reply;
  }
  const PipelineStats& stats() { return server_->pipeline().stats(); }
  SimServer& server() { return *server_; }
  support::SimEnv& env() { return *env_; }
  Random& random() { return random_; }
  const EditedElements& list() const { return list_; }

 private:
  void Start() {
    server_.reset();
    config::Config config;
    config.collection_max_inline_bytes = 0;
    server_ = std::make_unique<SimServer>(*env_, TinyStoreOptions(), config);
    ASSERT_TRUE(server_->Start());
  }

  /// What the command does to the model; its reply.
  std::string Apply(const EditWords& words) {
    const std::string& name = words[0];
    if (name == "LPUSH") list_.push_front(words[2]);
    if (name == "RPUSH") list_.push_back(words[2]);
    if (name == "LPUSH" || name == "RPUSH") return IntegerOf(list_.size());
    if (name == "LREM") return IntegerOf(Remove(std::stoi(words[2]), words[3]));
    if (name == "LINSERT") return Insert(words[2] == "AFTER", words[3], words[4]);
    if (name == "LTRIM") {
      const size_t end = list_.size() - static_cast<size_t>(-std::stoi(words[3])) + 1;
      list_ = EditedElements(list_.begin() + std::stoi(words[2]),
                             list_.begin() + static_cast<ptrdiff_t>(end));
      return "+OK\r\n";
    }
    const std::string taken = name == "RPOP" ? list_.back() : list_.front();
    name == "RPOP" ? list_.pop_back() : list_.pop_front();
    if (name == "LMOVE") list_.push_back(taken);
    return Format("${}\r\n{}\r\n", taken.size(), taken);
  }
  size_t Remove(int count, const std::string& value) {
    const size_t most = count == 0 ? SIZE_MAX : static_cast<size_t>(std::abs(count));
    size_t removed = 0;
    if (count < 0) std::ranges::reverse(list_);
    std::erase_if(list_, [&](const std::string& element) {
      const bool goes = removed < most && element == value;
      removed += goes ? 1 : 0;
      return goes;
    });
    if (count < 0) std::ranges::reverse(list_);
    return removed;
  }
  std::string Insert(bool after, const std::string& pivot, const std::string& value) {
    const auto at = std::ranges::find(list_, pivot);
    if (at == list_.end()) return ":-1\r\n";
    list_.insert(after ? at + 1 : at, value);
    return IntegerOf(list_.size());
  }

  std::unique_ptr<support::SimEnv> env_;
  std::unique_ptr<SimServer> server_;
  Random random_;
  EditedElements list_;
  EditWords edit_;
  SessionId editor_{};
  std::string reply_;
};

/// One that looks at most of the list.
EditWords AnyEdit(EditWorld& world) {
  Random& random = world.random();
  const std::string pivot = world.list()[1000 + random.Below(300)];
  switch (random.Below(6)) {
    case 0:
      return {"LREM", "l", "0", "x"};
    case 1:
      return {"LREM", "l", "50", "x"};
    case 2:
      return {"LREM", "l", "-50", "x"};
    case 3:
      return {"LREM", "l", "0", "new 1"};
    case 4:
      return {"LINSERT", "l", "BEFORE", random.OneIn(3) ? "new 2" : pivot, "inserted"};
    default:
      return {"LINSERT", "l", "AFTER", random.OneIn(3) ? "nobody" : pivot, "inserted"};
  }
}

TEST(ListEditsBeside, AreDoneAsIfTheyHadBegunWhenTheyEnd) {
  uint64_t known = 0;
  uint64_t overtaken = 0;  // one that has to read a block at its very end may be
  for (const uint64_t seed : support::Seeds(40, 2000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    EditWorld world(seed);
    if (world.random().OneIn(2)) world.Edit();
    world.Forget();
    world.Begin(AnyEdit(world));
    bool is_known = true;  // what came first: one that waited for a block came behind the edit
    for (uint64_t i = world.random().Below(60); i > 0 && !world.HasEnded(); --i) {
      ASSERT_TRUE(world.MoveEnds());
      is_known = !world.HasEnded();
      world.server().RunForMs(world.random().Below(30));
    }
    if (!is_known) continue;
    ++known;
    world.End();
    overtaken += world.stats().long_writes_overtaken;
    world.CheckLater();
    if (::testing::Test::HasFailure()) break;
  }
  if (support::OneSeedOnly()) return;
  EXPECT_GT(known, 20u);
  EXPECT_LT(overtaken, known / 10);
}

TEST(ListEditsBeside, OtherEditsSpoilThem) {
  for (const EditWords& other : std::vector<EditWords>{{"LSET", "l", "700", "x"},
                                                       {"LINSERT", "l", "BEFORE", "x", "z"},
                                                       {"LREM", "l", "-1", "x"},
                                                       {"DEL", "l"},
                                                       {"PEXPIRE", "l", "100000"}}) {
    SCOPED_TRACE(other[0]);
    EditWorld world(1);
    world.Forget();
    world.Begin({"LREM", "l", "0", "nobody"});
    world.Ask({"LPUSH", "l", "new"});
    world.Ask(other);
    world.env().ClearFaults();
    world.server().RunForMs(20'000);
    EXPECT_TRUE(world.HasEnded());
    EXPECT_EQ(world.stats().long_writes_overtaken, 1u);
  }
}

// The position where the front x stood is taken again and again.
TEST(ListEditsBeside, EndWhilePushesAndPopsGoOn) {
  EditWorld world(1);
  world.Forget();
  world.Begin({"LREM", "l", "0", "x"});
  ASSERT_TRUE(world.Do({"LPOP", "l"}));
  const SessionId other = world.server().Connect();
  for (int i = 0; i < 100'000 && !world.HasEnded(); ++i) {
    world.server().Send(other, Pipelined({{"LPUSH", "l", "y"}, {"LPOP", "l"}}));
    world.server().RunForMs(1);
  }
  world.End();
  EXPECT_EQ(world.stats().long_writes_overtaken, 0u);
  world.CheckLater();
}

// At D there is what there was, until the log goes on.
TEST(ListEditsBeside, AreSeenWhenTheyAreDurable) {
  EditWorld world(1);
  world.Forget();
  world.Begin({"LREM", "l", "0", "x"});
  ASSERT_TRUE(world.Do({"LPOP", "l"}));
  ASSERT_TRUE(world.Do({"LPUSH", "l", "y"}));
  world.env().ClearFaults();
  world.env().StallSyncs(".wal", 60'000);
  world.server().RunForMs(10'000);
  EXPECT_FALSE(world.HasEnded()) << "its reply waits for the log";
  EXPECT_TRUE(world.Ask({"LRANGE", "l", "0", "-1"}) == AllOf(world.list())) << "at D";
  world.server().RunForMs(100'000);
  world.End();
  world.CheckLater();
}

}  // namespace
}  // namespace cordwood::pipeline
