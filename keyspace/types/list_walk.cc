#include "keyspace/types/list_walk.h"

#include <utility>

#include "base/check.h"
#include "base/coding.h"

namespace cordwood::keyspace {
namespace {

constexpr size_t kPositionBytes = sizeof(uint64_t);

const ListSpan& SpanOf(const ObjectPayload& object) {
  CHECK(object.list.has_value());
  return *object.list;
}

}  // namespace

std::string ListSubkey(uint64_t position, std::string_view suffix) {
  std::string subkey;
  AppendBigEndian64(subkey, position);
  return subkey.append(suffix);
}

uint64_t PositionOf(std::string_view subkey) { return LoadBigEndian64(subkey.data()); }

std::string_view SuffixOf(std::string_view subkey) { return subkey.substr(kPositionBytes); }

ListWalk::ListWalk(Transaction& tx, Generation generation, const ObjectPayload& object,
                   ListEnd from, std::string position)
    : walk_(tx, OrderedElements(tx, generation, object.oid, kItemSpace),
            {.begin = ListSubkey(SpanOf(object).head), .end = ListSubkey(SpanOf(object).tail)},
            from == ListEnd::kHead ? ElementWalk::Direction::kForwards
                                   : ElementWalk::Direction::kBackwards,
            std::move(position)) {}

Result<std::optional<ListWalk::Element>> ListWalk::Next() {
  CW_ASSIGN(const std::optional<Element> element, walk_.Next());
  if (element && element->subkey.size() < kPositionBytes) {
    return Fail(ErrorCode::kCorruption, "an element's key is too short for its position");
  }
  return element;
}

}  // namespace cordwood::keyspace
