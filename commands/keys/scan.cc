// The commands that look through the keys of a database.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/random.h"
#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/cursors.h"
#include "commands/core/error_texts.h"
#include "commands/core/long_read.h"
#include "commands/core/row.h"
#include "commands/core/scan_page.h"
#include "keyspace/core/key_walk.h"
#include "keyspace/core/random_key.h"
#include "keyspace/types/traits.h"

namespace cordwood::commands::keys {
namespace {

using keyspace::KeyFilter;
using keyspace::KeyWalk;

// Keys looked at in one slice: some hundred microseconds.
constexpr uint64_t kSliceKeys = 1000;

/// KEYS on more keys than fit one slice. A reply begins with its length, so one pass counts and
/// another one, over the same state, sends. Nothing is taken over from the handler: it ran at
/// another state.
class LongKeys final : public LongRead {
 public:
  explicit LongKeys(std::string_view pattern) : filter_{.pattern = std::string(pattern)} {}

  Result<bool> Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) override {
    if (!sending_) {
      sending_.emplace(generation(), filter_, tx.now_ms());
      counting_.emplace(*sending_);
    }
    if (!counting_->done()) {
      CW_TRY(counting_->Advance(tx, kSliceKeys, [this](std::string_view) { ++count_; }));
      if (counting_->done()) reply.ArrayHeader(count_);
      return false;
    }
    CW_TRY(sending_->Advance(tx, kSliceKeys, [&](std::string_view key) { reply.Bulk(key); }));
    return sending_->done();
  }

 private:
  const KeyFilter filter_;
  std::optional<KeyWalk> sending_;  // from the first step on
  std::optional<KeyWalk> counting_;
  uint64_t count_ = 0;
};

/// `before` is the cursor that the client came with.
void ReplyScan(protocol::ReplyWriter& reply, Cursors& cursors, uint64_t before, const KeyWalk& walk,
               const std::vector<std::string>& keys) {
  const uint64_t cursor = walk.done() ? 0 : cursors.Save(walk.position());
  cursors.Supersede(before);
  ReplyScanPage(reply, cursor, keys);
}

/// SCAN with a count that is larger than a slice, or with keys that are cold. As with KEYS, the
/// walk begins with the first slice: the handler ran at another state.
class LongScan final : public LongRead {
 public:
  LongScan(Cursors& cursors, uint64_t cursor, KeyFilter filter, std::string from, uint64_t count)
      : cursors_(cursors),
        cursor_(cursor),
        filter_(std::move(filter)),
        from_(std::move(from)),
        left_(count) {}

  Result<bool> Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) override {
    if (!walk_) walk_.emplace(generation(), filter_, tx.now_ms(), from_);
    CW_ASSIGN(const uint64_t looked_at,
              walk_->Advance(tx, std::min(left_, kSliceKeys),
                             [this](std::string_view key) { keys_.emplace_back(key); }));
    left_ -= std::min(left_, looked_at);
    if (left_ > 0 && !walk_->done()) return false;
    ReplyScan(reply, cursors_, cursor_, *walk_, keys_);
    return true;
  }

 private:
  Cursors& cursors_;
  const uint64_t cursor_;
  const KeyFilter filter_;
  const std::string from_;
  std::optional<KeyWalk> walk_;  // from the first step on
  uint64_t left_;
  std::vector<std::string> keys_;
};

void ReplyKey(protocol::ReplyWriter& reply, const std::optional<std::string>& key) {
  if (key) {
    reply.Bulk(*key);
  } else {
    reply.Null();
  }
}

/// RANDOMKEY where draws find nothing: nearly all keys have expired, say.
class LongRandomKey final : public LongRead {
 public:
  explicit LongRandomKey(uint64_t seed) : seed_(seed) {}

  Result<bool> Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) override {
    if (!keys_) keys_.emplace(generation(), tx.now_ms(), seed_);
    CW_ASSIGN(const bool done, keys_->Advance(tx));
    if (done) ReplyKey(reply, keys_->chosen());
    return done;
  }

 private:
  const uint64_t seed_;
  std::optional<keyspace::FirstKeys> keys_;
};

struct KeyScanOptions {
  KeyFilter filter;
  int64_t count = kScanCountDefault;
  bool no_such_type = false;
};

std::optional<keyspace::Type> TypeNamed(std::string_view name) {
  using enum keyspace::Type;
  for (const keyspace::Type type : {kString, kList, kSet, kSortedSet, kHash, kStream}) {
    if (EqualsIgnoreCase(name, keyspace::TypeName(type))) return type;
  }
  return std::nullopt;
}

/// Replies and answers nothing if the options make no sense.
std::optional<KeyScanOptions> TakeKeyScanOptions(Call& call) {
  KeyScanOptions options;
  for (ArgReader args(call, 2); !args.done();) {
    if (args.MatchBefore("COUNT", 1)) {
      const std::optional<int64_t> count = args.Int64();
      if (!count) return std::nullopt;
      options.count = std::min(*count, kScanCountMax);
    } else if (args.MatchBefore("MATCH", 1)) {
      const std::optional<std::string_view> pattern = args.Pattern();
      if (!pattern) return std::nullopt;
      options.filter.pattern = *pattern;
    } else if (args.MatchBefore("TYPE", 1)) {
      options.filter.type = TypeNamed(args.Next());
      options.no_such_type = !options.filter.type;
    } else {
      options.count = 0;
    }
    if (options.count < 1) {
      call.reply.Error(kSyntaxError);
      return std::nullopt;
    }
  }
  return options;
}

Status Keys(Call& call) {
  const std::optional<std::string_view> pattern = ArgReader(call, 1).Pattern();
  if (!pattern) return {};
  KeyWalk walk(call.tx.GenerationOf(call.client.db), {.pattern = std::string(*pattern)},
               call.tx.now_ms());
  std::vector<std::string> keys;
  const Result<uint64_t> looked_at =
      walk.Advance(call.tx, kSliceKeys, [&](std::string_view key) { keys.emplace_back(key); });
  if (!looked_at && looked_at.error().code() != ErrorCode::kCold) {
    return std::unexpected(looked_at.error());
  }
  if (!walk.done()) {
    call.long_read = std::make_unique<LongKeys>(*pattern);
    return {};
  }
  call.reply.ArrayHeader(keys.size());
  for (const std::string& key : keys) call.reply.Bulk(key);
  return {};
}

Status Scan(Call& call) {
  ArgReader args(call, 1);
  const std::optional<uint64_t> cursor = args.Cursor();
  if (!cursor) return {};
  std::optional<KeyScanOptions> options = TakeKeyScanOptions(call);
  if (!options) return {};
  if (options->no_such_type) {
    ReplyScanPage(call.reply, 0, {});
    return {};
  }
  std::string from = *cursor == 0 ? std::string() : call.host.cursors.Load(*cursor);
  const auto count = static_cast<uint64_t>(options->count);
  if (count <= kSliceKeys) {
    KeyWalk walk(call.tx.GenerationOf(call.client.db), options->filter, call.tx.now_ms(), from);
    std::vector<std::string> keys;
    CW_ASSIGN(const uint64_t looked_at,
              walk.Advance(call.tx, count, [&](std::string_view key) { keys.emplace_back(key); }));
    if (looked_at >= count || walk.done()) {
      ReplyScan(call.reply, call.host.cursors, *cursor, walk, keys);
      return {};
    }
    // The next block is cold. A page of what there is would cost a round trip for each block.
  }
  call.long_read = std::make_unique<LongScan>(call.host.cursors, *cursor,
                                              std::move(options->filter), std::move(from), count);
  return {};
}

Status RandomKey(Call& call) {
  Random random(call.Seed());
  CW_ASSIGN(const keyspace::DrawnKey drawn, keyspace::RandomKey(call.tx, call.client.db, random));
  if (!drawn.complete) {
    call.long_read = std::make_unique<LongRandomKey>(random.Next());
    return {};
  }
  ReplyKey(call.reply, drawn.key);
  return {};
}

constexpr Command kRowsOfScan[] = {
    {.name = "keys",
     .arity = 2,
     .flags = kReadOnly,
     .handler = Keys,
     .categories = kKeyspaceCategory | kDangerousCategory,
     .tips = "request_policy:all_shards nondeterministic_output_order",
     .docs = {.group = "generic",
              .since = "1.0.0",
              .complexity = "O(N) where N is the number of keys in the database",
              .arguments = "pattern:pattern",
              .summary = "Returns all keys that match a pattern."}},
    {.name = "randomkey",
     .arity = 1,
     .flags = kReadOnly,
     .handler = RandomKey,
     .categories = kKeyspaceCategory,
     .tips = "request_policy:all_shards response_policy:special nondeterministic_output",
     .docs = {.group = "generic",
              .since = "1.0.0",
              .complexity = "O(1), more where most keys have expired",
              .summary = "Returns a key at random."}},
    {.name = "scan",
     .arity = -2,
     .flags = kReadOnly,
     .handler = Scan,
     .categories = kKeyspaceCategory,
     .tips = "nondeterministic_output request_policy:special response_policy:special",
     .docs = {.group = "generic",
              .since = "2.8.0",
              .complexity = "O(1) for a page, O(N) for all where N is the number of keys",
              .arguments =
                  "cursor:integer [MATCH pattern:pattern] [COUNT count:integer] [TYPE type@6.0.0]",
              .summary = "Walks the keys of a database."}},
};

}  // namespace

Rows ScanRows() { return kRowsOfScan; }

}  // namespace cordwood::commands::keys
