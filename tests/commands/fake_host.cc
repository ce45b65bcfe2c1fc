#include "tests/commands/fake_host.h"

#include <algorithm>

#include "base/format.h"
#include "base/glob.h"

namespace cordwood::commands {

bool FakeHost::Kill(uint64_t id, const Client& /*self*/) {
  const bool known = std::any_of(clients.begin(), clients.end(),
                                 [&](const ClientView& view) { return view.client->id == id; });
  if (known) killed.push_back(id);
  return known;
}

std::vector<std::pair<std::string, std::string>> FakeHost::Get(
    std::span<const std::string_view> patterns) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [name, value] : config) {
    const auto matches = [&](std::string_view pattern) {
      return GlobMatch(pattern, name, GlobCase::kIgnored);
    };
    if (std::ranges::any_of(patterns, matches)) found.emplace_back(name, value);
  }
  return found;
}

Status FakeHost::Set(const std::vector<std::pair<std::string_view, std::string_view>>& values) {
  for (const auto& [name, value] : values) {
    if (!config.contains(std::string(name))) {
      return Fail(ErrorCode::kInvalidArgument,
                  Format("Unknown option or number of arguments for CONFIG SET - '{}'", name));
    }
  }
  for (const auto& [name, value] : values) config[std::string(name)] = value;
  return {};
}

std::string FakeHost::Info(const std::vector<std::string>& sections,
                           const keyspace::Transaction& /*tx*/) {
  info_asked.push_back(sections);
  return info;
}

void FakeHost::Shutdown(bool /*save*/, bool /*now*/, bool /*force*/) { shut_down = true; }

uint64_t FakeHost::Save(std::string_view key) {
  const uint64_t cursor = cursors_.size() + 1;
  cursors_[cursor] = key;
  return cursor;
}

std::string FakeHost::Load(uint64_t cursor) const {
  const auto it = cursors_.find(cursor);
  return it != cursors_.end() ? it->second : std::string();
}

}  // namespace cordwood::commands
