#include "keyspace/types/inline_items.h"

namespace cordwood::keyspace {

void AppendInlineItem(std::string& items, std::string_view name, std::string_view head,
                      std::string_view tail) {
  AppendLengthPrefixed(items, name);
  AppendVarint32(items, static_cast<uint32_t>(head.size() + tail.size()));
  items += head;
  items += tail;
}

}  // namespace cordwood::keyspace
