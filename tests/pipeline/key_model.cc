#include "tests/pipeline/key_model.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"

namespace cordwood::pipeline {

std::string BulkReply(const std::string* text) {
  if (text == nullptr) return "$-1\r\n";
  return Format("${}\r\n{}\r\n", text->size(), *text);
}

std::string KeyModel::Run(uint64_t version, int db, const Argv& argv, int64_t now_ms) {
  CHECK(version >= version_);
  version_ = version;
  const std::string& name = argv[0];
  const Key key = {db, argv.size() > 1 ? argv[1] : ""};
  if (name == "SELECT") return "+OK\r\n";
  if (name == "GET") {
    const Value* value = Newest(key);
    return BulkReply(value == nullptr ? nullptr : &value->text);
  }
  if (name == "SET") {
    Set(key, Value{.text = argv[2]});
    return "+OK\r\n";
  }
  if (name == "SETEX") {
    Set(key, Value{.text = argv[3], .expiry_ms = now_ms + std::stoll(argv[2]) * 1000});
    return "+OK\r\n";
  }
  if (name == "PEXPIREAT") return PExpireAt(key, std::stoll(argv[2]));
  if (name == "INCR") return Incr(key);
  if (name == "APPEND") return Append(key, argv[2]);
  if (name == "MSET") return MSet(db, argv);
  if (name == "DEL") return Del(db, argv);
  if (name == "RENAME") return Rename(db, argv);
  if (name == "HSET") return HSet(key, argv);
  if (name == "HDEL" || name == "SREM" || name == "ZREM") return HDel(key, argv);
  if (name == "ZADD") return ZAdd(key, argv);
  if (name == "ZINCRBY") return ZIncrBy(key, std::stoll(argv[2]), argv[3]);
  if (name == "ZPOPMIN") return ZPopMin(key);
  if (name == "ZREMRANGEBYRANK")
    return ZRemRangeByRank(key, std::stoul(argv[2]), std::stoul(argv[3]));
  if (name == "SADD") return SAdd(key, argv);
  if (name == "SMOVE") return SMove(db, argv);
  if (name.ends_with("STORE")) return SStore(db, argv);
  if (name == "LPUSH" || name == "RPUSH") return Push(key, argv);
  if (name == "LPOP" || name == "RPOP") return Pop(key, name == "LPOP");
  if (name == "LREM") return LRem(key, argv[3]);
  if (name == "LINSERT") return LInsertBefore(key, argv[3], argv[4]);
  if (name == "LTRIM") return LTrim(key, std::stoul(argv[2]), std::stoul(argv[3]));
  if (name == "FLUSHDB") return FlushDb(db);
  if (name == "SWAPDB") return SwapDb(std::stoi(argv[1]), std::stoi(argv[2]));
  CHECK(false);  // the test's own mistake
}

// --- versions ---

const KeyModel::Value* KeyModel::Find(const Key& key, uint64_t version) const {
  const auto found = changes_.find(key);
  if (found == changes_.end()) return nullptr;
  const std::vector<Change>& changes = found->second;
  const auto after = std::ranges::upper_bound(changes, version, std::less(),
                                              [](const Change& c) { return c.version; });
  if (after == changes.begin()) return nullptr;
  const std::optional<Value>& value = std::prev(after)->value;
  return value ? &*value : nullptr;
}

std::optional<uint64_t> KeyModel::FirstWithReply(const Key& key, uint64_t from, uint64_t to,
                                                 const std::string& reply) const {
  Change at_from;
  const auto found = changes_.find(key);
  const std::vector<Change>* changes = found == changes_.end() ? nullptr : &found->second;
  const auto answers = [&](const Change& change) {
    return BulkReply(change.value ? &change.value->text : nullptr) == reply;
  };
  if (changes == nullptr) return answers(at_from) ? std::optional<uint64_t>(0) : std::nullopt;
  for (const Change& change : *changes) {
    if (change.version <= from) at_from = change;
  }
  if (answers(at_from)) return at_from.version;
  for (const Change& change : *changes) {
    if (change.version > from && change.version <= to && answers(change)) return change.version;
  }
  return std::nullopt;
}

int64_t KeyModel::CountKeys(int db, uint64_t version) const {
  return std::ranges::count_if(changes_, [&](const auto& entry) {
    return entry.first.first == db && Find(entry.first, version) != nullptr;
  });
}

void KeyModel::Rebase(uint64_t version) {
  std::map<Key, std::vector<Change>> kept;
  for (const auto& [key, changes] : changes_) {
    if (const Value* value = Find(key, version)) kept[key] = {{.value = *value}};
  }
  changes_ = std::move(kept);
  version_ = 0;
}

KeyModel::Value KeyModel::ValueOrNew(const Key& key) const {
  const Value* value = Newest(key);
  return value == nullptr ? Value{} : *value;
}

void KeyModel::Set(const Key& key, std::optional<Value> value) {
  std::vector<Change>& changes = changes_[key];
  if (!changes.empty() && changes.back().version == version_) {
    changes.back().value = std::move(value);
  } else {
    changes.push_back({.version = version_, .value = std::move(value)});
  }
}

// --- commands ---

std::string KeyModel::MSet(int db, const Argv& argv) {
  for (size_t i = 1; i + 1 < argv.size(); i += 2) Set({db, argv[i]}, Value{.text = argv[i + 1]});
  return "+OK\r\n";
}

std::string KeyModel::Del(int db, const Argv& argv) {
  int deleted = 0;
  for (size_t i = 1; i < argv.size(); ++i) {
    const Key key = {db, argv[i]};
    if (Newest(key) == nullptr) continue;
    Set(key, std::nullopt);
    ++deleted;
  }
  return Format(":{}\r\n", deleted);
}

std::string KeyModel::Rename(int db, const Argv& argv) {
  const Value* value = Newest({db, argv[1]});
  if (value == nullptr) return "-ERR no such key\r\n";
  if (argv[1] == argv[2]) return "+OK\r\n";
  Set({db, argv[2]}, Value(*value));
  Set({db, argv[1]}, std::nullopt);
  return "+OK\r\n";
}

std::string KeyModel::PExpireAt(const Key& key, int64_t ms) {
  if (Newest(key) == nullptr) return ":0\r\n";
  Value value = ValueOrNew(key);
  value.expiry_ms = ms;
  Set(key, std::move(value));
  return ":1\r\n";
}

std::string KeyModel::Incr(const Key& key) {
  Value value = ValueOrNew(key);
  value.text = std::to_string((value.text.empty() ? 0 : std::stoll(value.text)) + 1);
  std::string reply = Format(":{}\r\n", value.text);
  Set(key, std::move(value));
  return reply;
}

std::string KeyModel::Append(const Key& key, const std::string& text) {
  Value value = ValueOrNew(key);
  value.text += text;
  std::string reply = Format(":{}\r\n", value.text.size());
  Set(key, std::move(value));
  return reply;
}

std::string KeyModel::HSet(const Key& key, const Argv& argv) {
  Value value = ValueOrNew(key);
  int added = 0;
  for (size_t i = 2; i + 1 < argv.size(); i += 2) {
    added += value.fields.insert_or_assign(argv[i], argv[i + 1]).second ? 1 : 0;
  }
  Set(key, std::move(value));
  return Format(":{}\r\n", added);
}

std::string KeyModel::HDel(const Key& key, const Argv& argv) {
  if (Newest(key) == nullptr) return ":0\r\n";
  Value value = ValueOrNew(key);
  size_t removed = 0;
  for (size_t i = 2; i < argv.size(); ++i) removed += value.fields.erase(argv[i]);
  SetFields(key, std::move(value));
  return Format(":{}\r\n", removed);
}

std::string KeyModel::SAdd(const Key& key, const Argv& argv) {
  Value value = ValueOrNew(key);
  int added = 0;
  for (size_t i = 2; i < argv.size(); ++i)
    added += value.fields.emplace(argv[i], "").second ? 1 : 0;
  Set(key, std::move(value));
  return Format(":{}\r\n", added);
}

std::string KeyModel::SMove(int db, const Argv& argv) {
  Value from = ValueOrNew({db, argv[1]});
  if (!from.fields.contains(argv[3])) return ":0\r\n";
  if (argv[1] == argv[2]) return ":1\r\n";
  Value to = ValueOrNew({db, argv[2]});
  from.fields.erase(argv[3]);
  to.fields.emplace(argv[3], "");
  SetFields({db, argv[1]}, std::move(from));
  SetFields({db, argv[2]}, std::move(to));
  return ":1\r\n";
}

std::string KeyModel::SStore(int db, const Argv& argv) {
  Value result = {.fields = ValueOrNew({db, argv[2]}).fields};
  const Value other = ValueOrNew({db, argv[3]});
  if (argv[0] == "SUNIONSTORE") {
    result.fields.insert(other.fields.begin(), other.fields.end());
  } else {
    std::erase_if(result.fields, [&](const auto& field) {
      return other.fields.contains(field.first) == (argv[0] == "SDIFFSTORE");
    });
  }
  const size_t count = result.fields.size();
  SetFields({db, argv[1]}, std::move(result));
  return Format(":{}\r\n", count);
}

std::vector<std::pair<std::string, std::string>> SortedMembers(const KeyModel::Value& value) {
  std::vector<std::pair<std::string, std::string>> members(value.fields.begin(),
                                                           value.fields.end());
  // The names are in order already.
  std::ranges::stable_sort(members, {}, [](const auto& each) { return std::stoll(each.second); });
  return members;
}

std::string KeyModel::ZAdd(const Key& key, const Argv& argv) {
  Value value = ValueOrNew(key);
  int added = 0;
  for (size_t i = 2; i + 1 < argv.size(); i += 2) {
    added += value.fields.insert_or_assign(argv[i + 1], argv[i]).second ? 1 : 0;
  }
  Set(key, std::move(value));
  return Format(":{}\r\n", added);
}

std::string KeyModel::ZIncrBy(const Key& key, int64_t increment, const std::string& member) {
  Value value = ValueOrNew(key);
  std::string& score = value.fields[member];
  score = std::to_string((score.empty() ? 0 : std::stoll(score)) + increment);
  std::string reply = BulkReply(&score);
  Set(key, std::move(value));
  return reply;
}

std::string KeyModel::ZPopMin(const Key& key) {
  if (Newest(key) == nullptr) return "*0\r\n";
  Value value = ValueOrNew(key);
  const auto [member, score] = SortedMembers(value).front();
  value.fields.erase(member);
  SetFields(key, std::move(value));
  return "*2\r\n" + BulkReply(&member) + BulkReply(&score);
}

std::string KeyModel::ZRemRangeByRank(const Key& key, size_t first, size_t last) {
  Value value = ValueOrNew(key);
  const auto members = SortedMembers(value);
  size_t removed = 0;
  for (size_t i = first; i <= last && i < members.size(); ++i) {
    removed += value.fields.erase(members[i].first);
  }
  if (removed > 0) SetFields(key, std::move(value));
  return Format(":{}\r\n", removed);
}

void KeyModel::SetFields(const Key& key, Value value) {
  const bool is_empty = value.fields.empty();
  Set(key, is_empty ? std::nullopt : std::optional(std::move(value)));
}

void KeyModel::PutList(const Key& key, Value value) {
  const bool is_empty = value.elements.empty();
  Set(key, is_empty ? std::nullopt : std::optional(std::move(value)));
}

std::string KeyModel::Push(const Key& key, const Argv& argv) {
  Value value = ValueOrNew(key);
  for (size_t i = 2; i < argv.size(); ++i) {
    argv[0] == "LPUSH" ? value.elements.push_front(argv[i]) : value.elements.push_back(argv[i]);
  }
  std::string reply = Format(":{}\r\n", value.elements.size());
  PutList(key, std::move(value));
  return reply;
}

std::string KeyModel::Pop(const Key& key, bool from_head) {
  if (Newest(key) == nullptr) return BulkReply(nullptr);
  Value value = ValueOrNew(key);
  const std::string element = from_head ? value.elements.front() : value.elements.back();
  from_head ? value.elements.pop_front() : value.elements.pop_back();
  PutList(key, std::move(value));
  return BulkReply(&element);
}

std::string KeyModel::LRem(const Key& key, const std::string& element) {
  Value value = ValueOrNew(key);
  const size_t removed = std::erase(value.elements, element);
  if (removed > 0) PutList(key, std::move(value));
  return Format(":{}\r\n", removed);
}

std::string KeyModel::LInsertBefore(const Key& key, const std::string& pivot,
                                    const std::string& element) {
  if (Newest(key) == nullptr) return ":0\r\n";
  Value value = ValueOrNew(key);
  const auto at = std::ranges::find(value.elements, pivot);
  if (at == value.elements.end()) return ":-1\r\n";
  value.elements.insert(at, element);
  std::string reply = Format(":{}\r\n", value.elements.size());
  PutList(key, std::move(value));
  return reply;
}

std::string KeyModel::LTrim(const Key& key, size_t first, size_t last) {
  if (Newest(key) == nullptr) return "+OK\r\n";
  Value value = ValueOrNew(key);
  std::deque<std::string> kept;
  for (size_t i = first; i <= last && i < value.elements.size(); ++i) {
    kept.push_back(value.elements[i]);
  }
  value.elements = std::move(kept);
  PutList(key, std::move(value));
  return "+OK\r\n";
}

std::string KeyModel::FlushDb(int db) {
  for (const auto& [key, changes] : changes_) {
    if (key.first == db && Newest(key) != nullptr) Set(key, std::nullopt);
  }
  return "+OK\r\n";
}

std::string KeyModel::SwapDb(int first, int second) {
  std::map<Key, std::optional<Value>> swapped;
  for (const auto& [key, changes] : changes_) {
    if (key.first != first && key.first != second) continue;
    for (const int db : {first, second}) {
      const Value* value = Newest({first + second - db, key.second});
      swapped[{db, key.second}] = value == nullptr ? std::nullopt : std::optional(*value);
    }
  }
  for (auto& [key, value] : swapped) Set(key, std::move(value));
  return "+OK\r\n";
}

}  // namespace cordwood::pipeline
