#include "commands/core/categories.h"

#include <utility>

#include "base/ascii.h"

namespace cordwood::commands {
namespace {

constexpr std::pair<Category, std::string_view> kNames[] = {
    {kKeyspaceCategory, "keyspace"},
    {kReadCategory, "read"},
    {kWriteCategory, "write"},
    {kSetCategory, "set"},
    {kSortedSetCategory, "sortedset"},
    {kListCategory, "list"},
    {kHashCategory, "hash"},
    {kStringCategory, "string"},
    {kBitmapCategory, "bitmap"},
    {kHyperLogLogCategory, "hyperloglog"},
    {kGeoCategory, "geo"},
    {kStreamCategory, "stream"},
    {kPubSubCategory, "pubsub"},
    {kAdminCategory, "admin"},
    {kFastCategory, "fast"},
    {kSlowCategory, "slow"},
    {kBlockingCategory, "blocking"},
    {kDangerousCategory, "dangerous"},
    {kConnectionCategory, "connection"},
    {kTransactionCategory, "transaction"},
    {kScriptingCategory, "scripting"},
};

struct Consequence {
  uint32_t flag;
  uint32_t categories;
};

constexpr Consequence kConsequences[] = {
    {kWrite, kWriteCategory},
    {kAdmin, kAdminCategory | kDangerousCategory},
    {kPubSub, kPubSubCategory},
    {kBlocking, kBlockingCategory},
};

}  // namespace

uint32_t CategoriesOf(const Command& command) {
  uint32_t categories = command.categories;
  for (const auto& [flag, follow] : kConsequences) {
    if ((command.flags & flag) != 0) categories |= follow;
  }
  // A script that only reads is still a script, and not what a rule about reads lets through.
  const bool scripting = (categories & kScriptingCategory) != 0;
  if ((command.flags & kReadOnly) != 0 && !scripting) categories |= kReadCategory;
  return categories | ((command.flags & kFast) != 0 ? kFastCategory : kSlowCategory);
}

std::vector<std::string_view> CategoryNames(uint32_t categories) {
  std::vector<std::string_view> names;
  for (const auto& [category, name] : kNames) {
    if ((categories & category) != 0) names.push_back(name);
  }
  return names;
}

std::optional<Category> CategoryNamed(std::string_view name) {
  for (const auto& [category, known] : kNames) {
    if (EqualsIgnoreCase(known, name)) return category;
  }
  return std::nullopt;
}

}  // namespace cordwood::commands
