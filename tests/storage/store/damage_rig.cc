#include "tests/storage/store/damage_rig.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <span>

#include "base/ascii.h"
#include "base/coding.h"
#include "base/format.h"
#include "storage/check.h"
#include "storage/log/frame.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kKeySpace = 160;

std::string KeyOf(uint64_t n) { return Format("key:{:04}", n); }

/// Writes batches of random puts and deletes, as they are in `sample`.
class Writer {
 public:
  explicit Writer(Sample& sample) : sample_(sample) {}

  void Write(Store& store, int operations) {
    WriteBatch batch;
    std::map<std::string, std::optional<std::string>> changes;
    for (int i = 0; i < operations; ++i) {
      const uint64_t size = random_.OneIn(8) ? random_.Below(60) : 24;
      const std::string value = Format("{:03}:{}", random_.Below(1000), std::string(size, 'v'));
      changes[KeyOf(random_.Below(kKeySpace))] =
          random_.OneIn(6) ? std::nullopt : std::optional(value);
    }
    for (const auto& [key, value] : changes) {
      if (value) {
        batch.Put(key, *value);
        sample_.state[key] = *value;
      } else {
        batch.Delete(key);
        sample_.state.erase(key);
      }
    }
    const int64_t delta = static_cast<int64_t>(random_.Below(9)) - 3;
    batch.Count(kSampleCounter, delta);
    sample_.count += delta;
    if (random_.OneIn(9)) batch.DropRange("zzz:a", "zzz:b");
    EXPECT_TRUE(store.Write(batch));
    store.Kick();
    sample_.env->RunUntilIdle();
  }

 private:
  Sample& sample_;
  Random random_{3};
};

std::unique_ptr<Store> OpenSample(support::SimEnv& env) {
  Result<std::unique_ptr<Store>> store = Store::Open(env, kSampleDir, SampleOptions());
  EXPECT_TRUE(store) << store.error().message();
  return std::move(*store);
}

/// The process is killed when it has written a part of a group, over the empty frame at the end.
void KillInTheMiddleOfAWrite(Sample& sample, std::unique_ptr<Store>& store) {
  std::unique_ptr<support::SimEnv> next = sample.env->Kill();
  store.reset();
  sample.env = std::move(next);
  std::string newest;
  uint64_t ordinal = 0;
  for (const std::string& path : sample.Paths()) {
    const std::string bytes = *sample.env->ReadRaw(path);
    if (!path.ends_with(".wal") || !bytes.starts_with("CWLOGSEG")) continue;
    const auto of_this = LoadFixed<uint64_t>(bytes.data() + 32);
    if (of_this >= ordinal) newest = path;
    ordinal = std::max(ordinal, of_this);
  }
  std::string bytes = *sample.env->ReadRaw(newest);
  const size_t end = bytes.rfind("CWFR");
  ASSERT_EQ(bytes[end + 4], 2);
  const std::string payload(100, '.');
  const FrameHeader header{.salt = LoadFixed<uint64_t>(bytes.data() + 40),
                           .first_seq = LoadFixed<uint64_t>(bytes.data() + end + 16),
                           .payload_bytes = payload.size(),
                           .op_count = 1};
  EncodeFrameHeader(header, end, payload, std::span(bytes).subspan(end, kFrameHeaderBytes));
  bytes.replace(end + kFrameHeaderBytes, payload.size(), std::string(payload.size(), '#'));
  ASSERT_TRUE(sample.env->WriteRaw(newest, bytes));
}

/// Segments with records that no table holds.
int SegmentsNeeded(support::SimEnv& env) {
  const WorthMap worth(env, kSampleDir);
  int count = 0;
  for (const std::string& path : env.Paths(kSampleDir)) {
    if (path.ends_with(".wal") && worth.SpareFrom(path) > 0) ++count;
  }
  return count;
}

std::map<std::string, std::string> Files(const support::SimEnv& env) {
  std::map<std::string, std::string> files;
  for (const std::string& path : env.Paths(kSampleDir)) files[path] = *env.ReadRaw(path);
  return files;
}

void NoteError(const Error& error, Answers* answers) {
  switch (error.code()) {
    case ErrorCode::kCorruption:
    case ErrorCode::kUnsupported:
    case ErrorCode::kIo:
      answers->errors.push_back(error.message());
      break;
    default:
      answers->wrong = "an error that is not one of damage: " + error.message();
  }
}

void AskForKeys(View& view, const State& state, Answers* answers) {
  for (uint64_t n = 0; n < kKeySpace; ++n) {
    const std::string key = KeyOf(n);
    const Result<std::optional<std::string_view>> value = view.Get(key);
    if (!value) {
      NoteError(value.error(), answers);
      continue;
    }
    const auto expected = state.find(key);
    const bool right =
        expected == state.end() ? !value->has_value() : *value && **value == expected->second;
    if (!right) answers->wrong = Format("{} reads as {}", key, value->value_or("nothing"));
  }
}

/// All that comes before an error must be right, and the end is one.
template <typename Model, typename Step>
void Walk(VisibleIterator& it, Model expected, const Model& end, Step step, Answers* answers) {
  for (; it.Valid(); step(), ++expected) {
    if (expected == end || it.key() != expected->first || it.value() != expected->second) {
      answers->wrong = Format("a walk comes to {}", it.key());
      return;
    }
  }
  if (!it.status()) {
    NoteError(it.status().error(), answers);
  } else if (expected != end) {
    answers->wrong = Format("a walk ends before {}", expected->first);
  }
}

}  // namespace

StoreOptions SampleOptions() {
  StoreOptions options = TinyOptions();
  options.log_segment_bytes = 24 << 10;
  options.memtable_bytes = 6 << 10;
  options.fragment_bytes = 2 << 10;
  return options;
}

std::vector<std::string> Sample::Paths() const { return env->Paths(kSampleDir); }

Sample MakeSample(Stop stop, uint64_t seed) {
  Sample sample{.env = std::make_unique<support::SimEnv>(seed)};
  Writer writer(sample);
  std::unique_ptr<Store> store = OpenSample(*sample.env);
  // Tables on two levels, with room for another run on the upper one.
  const auto grown = [&store] {
    const std::vector<StoreStats::Level> levels = store->Stats().levels;
    return levels.size() > 1 && levels.front().runs == 1 && levels.back().files > 1;
  };
  for (int i = 0; i < 500 && !grown(); ++i) writer.Write(*store, 12);
  KillInTheMiddleOfAWrite(sample, store);
  store = OpenSample(*sample.env);
  for (int i = 0; i < 100 && SegmentsNeeded(*sample.env) < 2; ++i) writer.Write(*store, 4);
  sample.earlier = sample.env->CopyAfterKill();
  writer.Write(*store, 4);
  if (stop == Stop::kClean) {
    EXPECT_TRUE(store->Close());
    store.reset();
  } else {
    std::unique_ptr<support::SimEnv> next = sample.env->Kill();
    store.reset();
    sample.env = std::move(next);
  }
  return sample;
}

Answers AskOpen(Store& store, const Sample& sample) {
  Answers answers;
  Reader reader(store);
  View view = reader.Newest(Tier::kMayBlock);
  AskForKeys(view, sample.state, &answers);
  VisibleIterator it = view.NewIterator();
  it.SeekToFirst();
  Walk(it, sample.state.begin(), sample.state.end(), [&it] { it.Next(); }, &answers);
  it.SeekToLast();
  Walk(it, sample.state.rbegin(), sample.state.rend(), [&it] { it.Prev(); }, &answers);
  if (store.NewestCount(kSampleCounter) != sample.count) {
    answers.wrong = Format("the count is {}", store.NewestCount(kSampleCounter));
  }
  return answers;
}

Answers Ask(support::SimEnv& env, const Sample& sample) {
  const std::unique_ptr<support::SimEnv> before = env.CopyAfterKill();
  Result<std::unique_ptr<Store>> store = Store::Open(env, kSampleDir, SampleOptions());
  if (store) return AskOpen(**store, sample);
  Answers answers{.refused = true};
  NoteError(store.error(), &answers);
  if (Files(env) != Files(*before)) answers.wrong = "the refusal changed the directory";
  return answers;
}

bool NamesPlace(const std::string& message, const std::string& path) {
  const size_t name = message.find(path.substr(path.rfind('/') + 1));
  if (name == std::string::npos) return false;
  for (const std::string_view word : {" at ", " offset "}) {
    const size_t at = message.find(word, name);
    if (at != std::string::npos && IsDigit(message[at + word.size()])) return true;
  }
  return false;
}

Taken TakenAs(Worth worth) {
  switch (worth) {
    case Worth::kSpare:
      return Taken::kUnnoticed;
    case Worth::kLastEdit:
      return Taken::kNamedOrUnnoticed;
    case Worth::kNeeded:
      break;
  }
  return Taken::kNamed;
}

std::string Judge(support::SimEnv& env, const Sample& sample, const std::string& path,
                  Taken taken) {
  const Result<CheckReport> report = CheckStore(env, kSampleDir, [](const std::string&) {});
  std::vector<std::string> problems =
      report ? report->problems : std::vector{report.error().message()};
  if (report)
    problems.insert(problems.end(), report->unsupported.begin(), report->unsupported.end());
  const Answers answers = Ask(env, sample);
  if (!answers.wrong.empty()) return "a wrong answer: " + answers.wrong;
  if (problems.empty() != answers.errors.empty()) {
    return problems.empty() ? "only readers notice: " + answers.errors.front()
                            : "only the check notices: " + problems.front();
  }
  const bool must_be_noticed = taken == Taken::kNamed || taken == Taken::kRefused;
  if (problems.empty()) return must_be_noticed ? "nobody notices" : "";
  if (taken == Taken::kUnnoticed) return "it does not matter, but: " + problems.front();
  if (taken == Taken::kRefused || taken == Taken::kRefusedOrUnnoticed) {
    return answers.refused ? "" : "it was opened: " + answers.errors.front();
  }
  const auto names_it = [&](const std::string& message) { return NamesPlace(message, path); };
  if (std::ranges::none_of(problems, names_it)) {
    return "the check names no file and offset: " + problems.front();
  }
  const auto nameless = std::ranges::find_if_not(answers.errors, names_it);
  return nameless == answers.errors.end() ? "" : "no file and offset: " + *nameless;
}

}  // namespace cordwood::storage
