// LPOS.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands/all_commands.h"
#include "commands/core/arg_reader.h"
#include "commands/core/collection_read.h"
#include "commands/core/row.h"
#include "commands/core/sliced.h"
#include "keyspace/types/lists.h"

namespace cordwood::commands::lists {
namespace {

using keyspace::ListEnd;
using keyspace::ListWalk;
using keyspace::ObjectPayload;
using keyspace::Record;
using keyspace::Transaction;
using protocol::ReplyWriter;

/// What a slice compares.
constexpr uint64_t kComparedPerSlice = 2048;
constexpr uint64_t kBytesPerSlice = uint64_t{1} << 20;
/// So many matches are kept until it is known how many there are; if there are more, a second walk
/// finds them again.
constexpr size_t kKeptMatches = size_t{64} << 10;

struct Search {
  std::string value;
  ListEnd from = ListEnd::kHead;
  uint64_t rank = 1;
  std::optional<uint64_t> count;  // 0: all
  uint64_t max_length = 0;        // 0: no bound
};

/// One walk of a search: which of the elements that come by are matches.
class Matcher {
 public:
  explicit Matcher(const Search& search) : search_(&search) {}

  bool is_done() const {
    const uint64_t wanted = search_->count.value_or(1);
    return (wanted > 0 && matches_ == wanted) ||
           (search_->max_length > 0 && looked_at_ == search_->max_length);
  }
  uint64_t matches() const { return matches_; }

  /// The index of an element, of so many, if it is a match.
  std::optional<int64_t> Look(std::string_view value, uint64_t length) {
    const uint64_t at = looked_at_++;
    if (value != search_->value || ++equal_ < search_->rank) return std::nullopt;
    ++matches_;
    return static_cast<int64_t>(search_->from == ListEnd::kHead ? at : length - at - 1);
  }

 private:
  const Search* search_;
  uint64_t looked_at_ = 0;
  uint64_t equal_ = 0;
  uint64_t matches_ = 0;
};

class PositionRead final : public CollectionRead {
 public:
  PositionRead(std::string_view key, Search search)
      : CollectionRead(key, keyspace::Type::kList), search_(std::move(search)) {}

 private:
  void ReplyMissing(ReplyWriter& reply) override {
    search_.count ? reply.ArrayHeader(0) : reply.Null();
  }

  void Begin(ReplyWriter& /*reply*/, uint64_t length) override { length_ = length; }

  Result<bool> Continue(Transaction& tx, const Record& record, ReplyWriter& reply) override {
    const bool replies = total_.has_value();
    CW_ASSIGN(const bool done, Walk(tx, record, [&](int64_t index) {
                if (replies) {
                  reply.Integer(index);
                } else if (matcher_.matches() <= kKeptMatches) {
                  kept_.push_back(index);
                }
              }));
    if (!done) return false;
    if (replies && matcher_.matches() != *total_) return std::unexpected(CountIsWrong());
    if (replies) return true;
    if (!search_.count) {
      kept_.empty() ? reply.Null() : reply.Integer(kept_.front());
      return true;
    }
    reply.ArrayHeader(matcher_.matches());
    if (matcher_.matches() <= kKeptMatches) {
      for (const int64_t index : kept_) reply.Integer(index);
      return true;
    }
    total_ = matcher_.matches();
    kept_ = {};
    matcher_ = Matcher(search_);
    walked_.StartAt({});
    return false;
  }

  /// A slice. True at the end.
  template <typename Found>
  Result<bool> Walk(Transaction& tx, const Record& record, const Found& found) {
    const auto look = [&](std::string_view value) {
      if (const std::optional<int64_t> index = matcher_.Look(value, length_)) found(*index);
      return !matcher_.is_done();
    };
    if (!record.owns_object()) {
      CW_ASSIGN(const auto payload, keyspace::InlinePayload::Decode(record.payload));
      CW_ASSIGN(auto values, keyspace::InlineElements(payload.items));
      if (search_.from == ListEnd::kTail) std::ranges::reverse(values);
      for (const std::string_view value : values) {
        if (!look(value)) break;
      }
      return true;
    }
    CW_ASSIGN(const ObjectPayload object, ObjectPayload::Decode(record.payload));
    uint64_t left = kComparedPerSlice;
    uint64_t bytes = 0;
    const auto is_full = [&] { return left-- == 0 || bytes >= kBytesPerSlice; };
    ListWalk walk(tx, generation(), object, search_.from, walked_.position());
    return walked_.StepWith(walk, is_full, [&](const ListWalk::Element& element) {
      bytes += element.value.size();
      return look(element.value);
    });
  }

  const Search search_;
  uint64_t length_ = 0;
  Matcher matcher_{search_};
  SlicedRead walked_;
  std::vector<int64_t> kept_;
  std::optional<uint64_t> total_;  // known: this is the second walk
};

std::optional<uint64_t> NotNegative(ArgReader& args, Call& call, std::string_view error) {
  const std::optional<int64_t> value = args.Int64(error);
  if (!value) return std::nullopt;
  if (*value >= 0) return static_cast<uint64_t>(*value);
  call.reply.Error(error);
  return std::nullopt;
}

/// Replies and answers false if the options make no sense.
bool TakeOption(ArgReader& args, Call& call, Search& search) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  if (args.MatchBefore("RANK", 1)) {
    const std::optional<int64_t> rank = args.Int64Between(-kMax, kMax);
    if (!rank) return false;
    search.from = *rank < 0 ? ListEnd::kTail : ListEnd::kHead;
    search.rank = static_cast<uint64_t>(*rank < 0 ? -*rank : *rank);
    if (*rank != 0) return true;
    call.reply.Error(
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
        "negative to start from the end of the list");
    return false;
  }
  if (args.MatchBefore("COUNT", 1)) {
    search.count = NotNegative(args, call, "ERR COUNT can't be negative");
    return search.count.has_value();
  }
  if (args.MatchBefore("MAXLEN", 1)) {
    const std::optional<uint64_t> most = NotNegative(args, call, "ERR MAXLEN can't be negative");
    search.max_length = most.value_or(0);
    return most.has_value();
  }
  call.reply.Error(kSyntaxError);
  return false;
}

Status LPos(Call& call) {
  Search search{.value = std::string(call.argv[2])};
  for (ArgReader args(call, 3); !args.done();) {
    if (!TakeOption(args, call, search)) return {};
  }
  return RunSliced(call, WhenCold::kRunAgain,
                   [&] { return std::make_unique<PositionRead>(call.argv[1], search); });
}

constexpr Command kRowsOfPosition[] = {
    {.name = "lpos",
     .arity = -3,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = LPos,
     .categories = kListCategory,
     .docs = {.group = "list",
              .since = "6.0.6",
              .complexity = "O(N) where N is the number of elements looked at",
              .arguments = "key#0 element [RANK rank:integer] [COUNT num-matches:integer] "
                           "[MAXLEN len:integer]",
              .summary = "Returns the indexes of elements that are equal to a value."}},
};

}  // namespace

Rows PositionRows() { return kRowsOfPosition; }

}  // namespace cordwood::commands::lists
