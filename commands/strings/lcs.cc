// LCS: the longest common subsequence of two strings, by dynamic programming.
//
// The classic table holds the length for every pair of prefixes. Going back through it only needs
// to know which neighbour was longer, so one bit a cell is kept, and one row of lengths.

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/error_texts.h"
#include "commands/core/lookup.h"
#include "commands/core/row.h"
#include "commands/core/settings.h"
#include "keyspace/core/gathered_reads.h"
#include "keyspace/types/strings.h"

namespace cordwood::commands::strings {
namespace {

using keyspace::Generation;
using keyspace::Lookup;
using keyspace::Record;
using keyspace::String;
using keyspace::Type;

/// What Redis would take for a cell, which decides where it refuses.
constexpr uint64_t kRedisCellBytes = sizeof(uint32_t);
constexpr uint64_t kTextMax = std::numeric_limits<uint32_t>::max() - 1;

struct LcsOptions {
  bool length_only = false;
  bool ranges = false;
  bool with_match_length = false;
  int64_t min_match_length = 0;
};

/// A stretch of bytes that both strings have: [a, a + length) and [b, b + length).
struct Match {
  size_t a = 0;
  size_t b = 0;
  size_t length = 0;
};

class Alignment {
 public:
  Alignment(std::string_view a, std::string_view b) : a_(a), b_(b) {}

  /// Computes the table. The way back is kept only if it is wanted.
  uint32_t Length(bool keep_way) {
    if (keep_way) shorter_a_.resize(a_.size() * b_.size());
    std::vector<uint32_t> row(b_.size() + 1);
    for (size_t i = 1; i <= a_.size(); ++i) {
      uint32_t diagonal = 0;  // of (i - 1, j - 1)
      for (size_t j = 1; j <= b_.size(); ++j) {
        const uint32_t above = row[j];
        if (a_[i - 1] == b_[j - 1]) {
          row[j] = diagonal + 1;
        } else {
          row[j] = std::max(above, row[j - 1]);
          if (keep_way) shorter_a_[Cell(i, j)] = above > row[j - 1];
        }
        diagonal = above;
      }
    }
    return row.back();
  }

  /// The stretches, the last one first. REQUIRES: Length(true).
  std::vector<Match> Matches() const {
    std::vector<Match> matches;
    bool extending = false;
    size_t i = a_.size();
    size_t j = b_.size();
    while (i > 0 && j > 0) {
      if (a_[i - 1] == b_[j - 1]) {
        --i;
        --j;
        if (!extending) matches.emplace_back();
        matches.back() = {.a = i, .b = j, .length = matches.back().length + 1};
        extending = true;
        continue;
      }
      extending = false;
      if (shorter_a_[Cell(i, j)]) {
        --i;
      } else {
        --j;
      }
    }
    return matches;
  }

 private:
  size_t Cell(size_t i, size_t j) const { return (i - 1) * b_.size() + j - 1; }

  std::string_view a_;
  std::string_view b_;
  std::vector<bool> shorter_a_;  // whether the way back takes a byte off `a`
};

std::optional<LcsOptions> TakeLcsOptions(Call& call) {
  LcsOptions options;
  for (ArgReader args(call, 3); !args.done();) {
    if (args.Match("IDX")) {
      options.ranges = true;
    } else if (args.Match("LEN")) {
      options.length_only = true;
    } else if (args.Match("WITHMATCHLEN")) {
      options.with_match_length = true;
    } else if (args.MatchBefore("MINMATCHLEN", 1)) {
      const std::optional<int64_t> length = args.Int64();
      if (!length) return std::nullopt;
      options.min_match_length = *length;
    } else {
      call.reply.Error(kSyntaxError);
      return std::nullopt;
    }
  }
  if (options.ranges && options.length_only) {
    call.reply.Error("ERR If you want both the length and indexes, please just use IDX.");
    return std::nullopt;
  }
  return options;
}

void ReplyRange(protocol::ReplyWriter& reply, size_t begin, size_t length) {
  reply.ArrayHeader(2);
  reply.Integer(static_cast<int64_t>(begin));
  reply.Integer(static_cast<int64_t>(begin + length - 1));
}

void ReplyMatches(Call& call, const LcsOptions& options, std::vector<Match> matches,
                  uint32_t length) {
  std::erase_if(matches, [&](const Match& match) {
    return static_cast<int64_t>(match.length) < options.min_match_length;
  });
  protocol::ReplyWriter& reply = call.reply;
  reply.MapHeader(2);
  reply.Bulk("matches");
  reply.ArrayHeader(matches.size());
  for (const Match& match : matches) {
    reply.ArrayHeader(options.with_match_length ? 3 : 2);
    ReplyRange(reply, match.a, match.length);
    ReplyRange(reply, match.b, match.length);
    if (options.with_match_length) reply.Integer(static_cast<int64_t>(match.length));
  }
  reply.Bulk("len");
  reply.Integer(length);
}

void ReplyAlignment(Call& call, const LcsOptions& options, std::string_view a, std::string_view b) {
  Alignment alignment(a, b);
  const uint32_t length = alignment.Length(!options.length_only);
  if (options.length_only) {
    call.reply.Integer(length);
    return;
  }
  std::vector<Match> matches = alignment.Matches();
  if (options.ranges) {
    ReplyMatches(call, options, std::move(matches), length);
    return;
  }
  std::string common;
  common.reserve(length);
  for (auto match = matches.rbegin(); match != matches.rend(); ++match) {
    common += a.substr(match->a, match->length);
  }
  call.reply.Bulk(common);
}

Status Lcs(Call& call) {
  keyspace::GatheredReads reads;
  const Result<Lookup> a = keyspace::FindKey(call.tx, call.Key(call.argv[1]));
  const Result<Lookup> b = keyspace::FindKey(call.tx, call.Key(call.argv[2]));
  reads.Ok(a);
  reads.Ok(b);
  CW_TRY(reads.status());
  const Record nothing;
  const Record* records[] = {&nothing, &nothing};
  bool all_strings = true;
  for (size_t i = 0; i < 2; ++i) {
    const Record* const found = (i == 0 ? a : b)->live();
    CountLookup(call, call.Key(call.argv[1 + i]), found != nullptr);
    if (found == nullptr) continue;
    records[i] = found;
    all_strings = all_strings && found->type == Type::kString;
  }
  if (!all_strings) return call.Error("ERR The specified keys must contain string values");
  const std::optional<LcsOptions> options = TakeLcsOptions(call);
  if (!options) return {};
  const Generation generation = call.tx.GenerationOf(call.client.db);
  CW_ASSIGN(String left, String::Open(call.tx, generation, records[0]->view()));
  CW_ASSIGN(String right, String::Open(call.tx, generation, records[1]->view()));
  if (left.length() >= kTextMax || right.length() >= kTextMax) {
    return call.Error("ERR String too long for LCS");
  }
  if ((left.length() + 1) * (right.length() + 1) * kRedisCellBytes >
      call.host.settings.MaxStringBytes()) {
    return call.Error(
        "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  }
  const Result<std::string> left_text = left.ReadAll();
  const Result<std::string> right_text = right.ReadAll();
  reads.Ok(left_text);
  reads.Ok(right_text);
  CW_TRY(reads.status());
  ReplyAlignment(call, *options, *left_text, *right_text);
  return {};
}

constexpr Command kRowsOfLcs[] = {
    {.name = "lcs",
     .arity = -3,
     .flags = kReadOnly,
     .keys = {Keys(1, 1, 1, kRO | kAccess)},
     .handler = Lcs,
     .categories = kStringCategory,
     .docs = {.group = "string",
              .since = "7.0.0",
              .complexity = "O(N*M) where N and M are the lengths of the strings",
              .arguments =
                  "key1#0 key2#0 [LEN] [IDX] [MINMATCHLEN min-match-len:integer] [WITHMATCHLEN]",
              .summary = "Finds the longest common subsequence of two strings."}},
};

}  // namespace

Rows LcsRows() { return kRowsOfLcs; }

}  // namespace cordwood::commands::strings
