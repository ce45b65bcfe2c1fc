#include "tests/pipeline/writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "base/format.h"
#include "protocol/command_writer.h"

namespace cordwood::pipeline {
namespace {

constexpr std::array<std::string_view, 6> kFieldNames = {"f0", "f1", "f2", "f3", "f4", "f5"};
constexpr int64_t kFarMs = 4'000'000'000'000;
constexpr std::string_view kTransaction = "EXEC";

/// The commands of a transaction.
std::vector<Writer::Argv> CommandsOf(const Writer::Argv& transaction) {
  std::vector<Writer::Argv> commands;
  for (size_t at = 1; at < transaction.size();) {
    const auto begin = transaction.begin() + static_cast<ptrdiff_t>(at) + 1;
    const auto words = std::stol(transaction[at]);
    commands.emplace_back(begin, begin + words);
    at += 1 + static_cast<size_t>(words);
  }
  return commands;
}

void AppendWords(std::string& bytes, const Writer::Argv& argv) {
  protocol::AppendCommand(bytes, std::vector<std::string_view>(argv.begin(), argv.end()));
}

/// What every field holds; null: the key does not exist.
std::string FieldReplies(const KeyModel::Value* value) {
  std::string replies = Format("*{}\r\n", kFieldNames.size());
  for (const std::string_view field : kFieldNames) {
    const std::string* found = nullptr;
    if (value != nullptr) {
      const auto at = value->fields.find(std::string(field));
      if (at != value->fields.end()) found = &at->second;
    }
    replies += BulkReply(found);
  }
  return replies;
}

}  // namespace

void Writer::Connect(SessionId session, size_t count) {
  session_ = session;
  keys_.Rebase(count);
  db_ = 0;
  executed_db_ = 0;
  executed_.clear();
  seqs_.clear();
  replies_.clear();
  acknowledged_ = 0;
  unread_.clear();
}

// --- drawing ---

int Writer::KeysOf(Kind kind, int db) const {
  switch (kind) {
    case Kind::kText:
      return db == 0 ? 6 : 2;
    case Kind::kNumber:
      return db == 0 ? 2 : 0;
    case Kind::kHash:
    case Kind::kSet:
    case Kind::kList:
    case Kind::kSorted:
      return db == 0 ? 2 : 1;
  }
  return 0;
}

std::string Writer::NameOf(Kind kind, uint64_t key) const {
  return Format("c{}:{}{}", index_, "tnhslz"[static_cast<size_t>(kind)], key);
}

std::string Writer::DrawName(Kind kind, Random& random) const {
  return NameOf(kind, random.Below(static_cast<uint64_t>(KeysOf(kind, db_))));
}

KeyModel::Key Writer::DrawString(Random& random) const {
  const Kind kind = random.OneIn(4) ? Kind::kNumber : Kind::kText;
  return {0, NameOf(kind, random.Below(static_cast<uint64_t>(KeysOf(kind, 0))))};
}

std::string Writer::DrawValue(Random& random) {
  return Format("{}.{}", next_value_++, std::string(random.Below(200), 'x'));
}

/// Now and then so long that the string goes into chunks.
std::string Writer::DrawTail(Random& random) {
  return random.OneIn(3) ? std::string(3000 + random.Below(3000), 'y') : std::string();
}

Writer::Argv Writer::DrawSelect(Random& random) {
  db_ = random.OneIn(2) ? 0 : OtherDb(static_cast<int>(random.Below(2)));
  return {"SELECT", std::to_string(db_)};
}

Writer::Argv Writer::DrawOfHash(Random& random) {
  Argv argv = {random.OneIn(3) ? "HDEL" : "HSET", DrawName(Kind::kHash, random)};
  for (uint64_t pairs = 1 + random.Below(3); pairs > 0; --pairs) {
    argv.push_back(DrawField(random));
    if (argv[0] == "HSET") argv.push_back(DrawValue(random));
  }
  return argv;
}

std::string Writer::DrawField(Random& random) {
  return std::string(kFieldNames[random.Below(kFieldNames.size())]);
}

Writer::Argv Writer::DrawOfSet(Random& random) {
  constexpr std::array<std::string_view, 3> kStores = {"SUNIONSTORE", "SINTERSTORE", "SDIFFSTORE"};
  const auto name = [&] { return DrawName(Kind::kSet, random); };
  if (random.OneIn(4)) {
    return {std::string(kStores[random.Below(kStores.size())]), name(), name(), name()};
  }
  if (random.OneIn(4)) return {"SMOVE", name(), name(), DrawField(random)};
  Argv argv = {random.OneIn(3) ? "SREM" : "SADD", name()};
  for (uint64_t members = 1 + random.Below(3); members > 0; --members) {
    argv.push_back(DrawField(random));
  }
  return argv;
}

Writer::Argv Writer::DrawOfList(Random& random) {
  const std::string name = DrawName(Kind::kList, random);
  const auto element = [&] { return DrawField(random); };
  switch (random.Below(10)) {
    case 0:
    case 1:
      return {random.OneIn(2) ? "LPOP" : "RPOP", name};
    case 2:
      return {"LREM", name, "0", element()};
    case 3:
    case 4:
      return {"LINSERT", name, "BEFORE", element(), element()};
    case 5:
      return {"LTRIM", name, std::to_string(random.Below(2)), std::to_string(4 + random.Below(20))};
    default:
      return {random.OneIn(2) ? "LPUSH" : "RPUSH", name, element(), element()};
  }
}

Writer::Argv Writer::DrawOfSorted(Random& random) {
  const std::string name = DrawName(Kind::kSorted, random);
  const auto score = [&] { return std::to_string(static_cast<int>(random.Below(9)) - 4); };
  switch (random.Below(8)) {
    case 0:
      return {"ZINCRBY", name, score(), DrawField(random)};
    case 1:
      return {"ZREM", name, DrawField(random), DrawField(random)};
    case 2:
    case 3:
      return {"ZPOPMIN", name};
    case 4: {
      const uint64_t first = random.Below(3);
      return {"ZREMRANGEBYRANK", name, std::to_string(first),
              std::to_string(first + random.Below(2))};
    }
    default:
      return {"ZADD", name, score(), DrawField(random), score(), DrawField(random)};
  }
}

Writer::Argv Writer::Draw(Random& random) {
  return random.OneIn(8) ? DrawTransaction(random) : DrawOne(random);
}

Writer::Argv Writer::DrawTransaction(Random& random) {
  Argv transaction = {std::string(kTransaction)};
  for (uint64_t left = 2 + random.Below(3); left > 0; --left) {
    Argv argv = DrawOne(random);
    // The clock is the one of the EXEC, which the model is told for the last command sent only.
    if (argv[0] == "SETEX") argv = {"SET", argv[1], argv[3]};
    transaction.push_back(std::to_string(argv.size()));
    transaction.insert(transaction.end(), argv.begin(), argv.end());
  }
  return transaction;
}

void Writer::AppendTo(std::string& bytes, const Argv& argv) {
  if (argv[0] != kTransaction) return AppendWords(bytes, argv);
  AppendWords(bytes, {"MULTI"});
  for (const Argv& command : CommandsOf(argv)) AppendWords(bytes, command);
  AppendWords(bytes, {std::string(kTransaction)});
}

Writer::Argv Writer::DrawOne(Random& random) {
  const auto text = [&] { return DrawName(Kind::kText, random); };
  switch (random.Below(29)) {
    case 0:
      return DrawSelect(random);
    case 1:
      return {"SWAPDB", std::to_string(OtherDb(0)), std::to_string(OtherDb(1))};
    case 2:
      if (db_ == 0 || random.OneIn(2)) return {"GET", text()};
      return {"FLUSHDB"};
    case 3:
    case 4:
      return db_ == 0 ? Argv{"INCR", DrawName(Kind::kNumber, random)} : Argv{"GET", text()};
    case 5:
    case 6:
      if (random.OneIn(8)) return {"DEL", text(), DrawName(Kind::kSet, random)};
      return {"DEL", text(), random.OneIn(4) ? DrawName(Kind::kHash, random) : text()};
    case 7:
    case 8:
    case 9:
      return DrawOfHash(random);
    case 21:
    case 22:
      return DrawOfSet(random);
    case 23:
    case 24:
    case 25:
      return DrawOfSorted(random);
    case 10:
      return {"MSET", text(), DrawValue(random), text(), DrawValue(random)};
    case 11:
      return {"APPEND", text(), DrawValue(random) + DrawTail(random)};
    case 12:
      return {"RENAME", text(), text()};
    case 13:
      return {"SETEX", text(), std::to_string(1'000'000 + random.Below(1000)), DrawValue(random)};
    case 14:
      return {"PEXPIREAT", text(),
              std::to_string(kFarMs + static_cast<int64_t>(random.Below(1000)))};
    case 15:
    case 16:
      return {"GET", text()};
    case 17:
    case 18:
    case 19:
    case 20:
      return DrawOfList(random);
    default:
      return {"SET", text(), DrawValue(random)};
  }
}

// They always write, so that no two of them have the same newest seq when they are done.
Writer::Argv Writer::DrawShared(Random& random) {
  const std::string number = Format("{}", random.Below(2));
  if (random.OneIn(2)) return {"INCR", "shared:n" + number};
  return {random.OneIn(8) ? "SET" : "APPEND", "shared:t" + number, DrawValue(random)};
}

// --- what happened ---

void Writer::NoteExecuted(storage::Seq seq, int64_t now_ms, KeyModel& shared) {
  while (!sent_.empty()) {
    const Argv argv = std::move(sent_.front());
    sent_.pop_front();
    const bool is_shared = argv.size() > 1 && IsShared(argv[1]);
    if (is_shared && seq == 0) return;
    executed_.push_back(argv);
    seqs_.push_back(sent_.empty() ? seq : 0);
    replies_.push_back(is_shared ? shared.Run(seq, 0, argv, now_ms) : RunInModel(argv, now_ms));
  }
}

std::string Writer::RunInModel(const Argv& argv, int64_t now_ms) {
  if (argv[0] == kTransaction) {
    const std::vector<Argv> commands = CommandsOf(argv);
    std::string replies = "+OK\r\n";
    for (size_t i = 0; i < commands.size(); ++i) replies += "+QUEUED\r\n";
    AppendFormat(replies, "*{}\r\n", commands.size());
    for (const Argv& command : commands) replies += RunInModel(command, now_ms);
    return replies;
  }
  std::string reply = keys_.Run(seqs_.size(), executed_db_, argv, now_ms);
  if (argv[0] == "SELECT") executed_db_ = std::stoi(argv[1]);
  return reply;
}

void Writer::Receive(std::string_view bytes) {
  unread_ += bytes;
  while (acknowledged_ < replies_.size()) {
    const std::string& expected = replies_[acknowledged_];
    if (unread_.size() < expected.size()) break;
    ASSERT_EQ(unread_.substr(0, expected.size()), expected)
        << "client " << index_ << ", command " << acknowledged_;
    unread_.erase(0, expected.size());
    ++acknowledged_;
  }
}

Writer::Range Writer::ExecutedBy(storage::Seq seq) const {
  Range range = {.least = 0, .most = seqs_.size()};
  for (size_t i = 0; i < seqs_.size(); ++i) {
    if (seqs_[i] == 0) continue;
    if (seqs_[i] > seq) {
      range.most = i;
      break;
    }
    range.least = i + 1;
  }
  return range;
}

std::string Writer::History() const {
  std::string lines;
  for (size_t i = 0; i < executed_.size(); ++i) {
    AppendFormat(lines, "  {}, seq {}:", i + 1, seqs_[i]);
    for (const std::string& word : executed_[i]) AppendFormat(lines, " {}", word.substr(0, 14));
    lines += "\n";
  }
  return lines;
}

// --- probes ---

/// visit(db, kind, name), by databases; once a database without a name, at its end.
template <typename Visit>
void Writer::ForEachKey(Visit visit) const {
  for (const int db : {0, OtherDb(0), OtherDb(1)}) {
    for (const Kind kind :
         {Kind::kText, Kind::kNumber, Kind::kHash, Kind::kSet, Kind::kList, Kind::kSorted}) {
      for (int key = 0; key < KeysOf(kind, db); ++key) {
        visit(db, kind, NameOf(kind, static_cast<uint64_t>(key)));
      }
    }
    visit(db, Kind::kText, "");
  }
}

void Writer::AppendProbes(std::string& bytes, bool with_counts) const {
  using protocol::AppendCommand;
  int selected = -1;
  ForEachKey([&](int db, Kind kind, const std::string& name) {
    if (db != selected) AppendCommand(bytes, {"SELECT", std::to_string(db)});
    selected = db;
    if (name.empty()) {
      if (with_counts && db != 0) AppendCommand(bytes, {"DBSIZE"});
    } else if (kind == Kind::kHash) {
      std::vector<std::string_view> argv = {"HMGET", name};
      argv.insert(argv.end(), kFieldNames.begin(), kFieldNames.end());
      AppendCommand(bytes, argv);
      AppendCommand(bytes, {"HLEN", name});
    } else if (kind == Kind::kSet) {
      std::vector<std::string_view> argv = {"SMISMEMBER", name};
      argv.insert(argv.end(), kFieldNames.begin(), kFieldNames.end());
      AppendCommand(bytes, argv);
      AppendCommand(bytes, {"SCARD", name});
    } else if (kind == Kind::kList) {
      AppendCommand(bytes, {"LRANGE", name, "0", "-1"});
      AppendCommand(bytes, {"LINDEX", name, "3"});
    } else if (kind == Kind::kSorted) {
      AppendCommand(bytes, {"ZRANGE", name, "0", "-1", "WITHSCORES"});
      std::vector<std::string_view> argv = {"ZMSCORE", name};
      argv.insert(argv.end(), kFieldNames.begin(), kFieldNames.end());
      AppendCommand(bytes, argv);
    } else {
      AppendCommand(bytes, {"GET", name});
      if (kind == Kind::kText) AppendCommand(bytes, {"PEXPIRETIME", name});
    }
  });
}

std::string Writer::ProbeReplies(size_t count, bool with_counts) const {
  std::string replies;
  int selected = -1;
  ForEachKey([&](int db, Kind kind, const std::string& name) {
    if (db != selected) replies += "+OK\r\n";
    selected = db;
    const KeyModel::Value* value = keys_.Find({db, name}, count);
    if (name.empty()) {
      if (with_counts && db != 0) AppendFormat(replies, ":{}\r\n", keys_.CountKeys(db, count));
    } else if (kind == Kind::kSorted) {
      const KeyModel::Value sorted = value == nullptr ? KeyModel::Value() : *value;
      AppendFormat(replies, "*{}\r\n", 2 * sorted.fields.size());
      for (const auto& [member, score] : SortedMembers(sorted)) {
        replies += BulkReply(&member) + BulkReply(&score);
      }
      replies += FieldReplies(value);
    } else if (kind == Kind::kHash) {
      replies += FieldReplies(value);
      AppendFormat(replies, ":{}\r\n", value == nullptr ? 0 : value->fields.size());
    } else if (kind == Kind::kSet) {
      AppendFormat(replies, "*{}\r\n", kFieldNames.size());
      for (const std::string_view member : kFieldNames) {
        const bool found = value != nullptr && value->fields.contains(std::string(member));
        AppendFormat(replies, ":{}\r\n", found ? 1 : 0);
      }
      AppendFormat(replies, ":{}\r\n", value == nullptr ? 0 : value->fields.size());
    } else if (kind == Kind::kList) {
      const std::deque<std::string> none;
      const std::deque<std::string>& elements = value == nullptr ? none : value->elements;
      AppendFormat(replies, "*{}\r\n", elements.size());
      for (const std::string& element : elements) replies += BulkReply(&element);
      replies += BulkReply(elements.size() > 3 ? &elements[3] : nullptr);
    } else {
      replies += BulkReply(value == nullptr ? nullptr : &value->text);
      if (kind == Kind::kText) {
        AppendFormat(replies, ":{}\r\n", value == nullptr ? -2 : value->expiry_ms);
      }
    }
  });
  return replies;
}

}  // namespace cordwood::pipeline
