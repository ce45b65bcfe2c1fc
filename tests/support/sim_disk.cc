#include "tests/support/sim_disk.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/format.h"

namespace cordwood::support {

namespace {

std::optional<std::vector<std::string>> SplitPath(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (name == "..") return std::nullopt;
    if (!name.empty() && name != ".") names.emplace_back(name);
  }
  return names;
}

std::unexpected<Error> Refuse(ErrorCode code, const std::string& path, std::string_view why) {
  return Fail(code, path + ": " + std::string(why));
}

SimNodePtr MakeNode(bool is_dir) {
  auto node = std::make_shared<SimNode>();
  node->is_dir = is_dir;
  node->names = 1;
  return node;
}

void CollectFiles(const SimNode& node, const std::string& path, std::vector<std::string>& out) {
  if (!node.is_dir) {
    out.push_back(path);
    return;
  }
  for (const auto& [name, child] : node.entries) {
    CollectFiles(*child, Format("{}/{}", path, name), out);
  }
}

/// Copies nodes once each, however many entries lead to them.
class TreeCopier {
 public:
  SimNodePtr Copy(const SimNodePtr& from) {
    if (from == nullptr) return nullptr;
    SimNodePtr& to = copies_[from.get()];
    if (to != nullptr) return to;
    const SimNodePtr copy = to = std::make_shared<SimNode>();  // `to` dangles once we recurse
    copy->is_dir = from->is_dir;
    copy->names = from->names;
    copy->content = from->content;
    for (const auto& [name, child] : from->entries) copy->entries[name] = Copy(child);
    for (const auto& [name, child] : from->durable_entries) {
      copy->durable_entries[name] = Copy(child);
    }
    return copy;
  }

 private:
  std::unordered_map<const SimNode*, SimNodePtr> copies_;
};

void DropDurableNames(SimNode& dir, const SimNodePtr& node) {
  std::erase_if(dir.durable_entries, [&](const auto& entry) { return entry.second == node; });
  for (const auto& [name, child] : dir.durable_entries) DropDurableNames(*child, node);
}

/// Makes what the medium holds below `node` the current tree.
void Restart(SimNode& node, PowerLoss kind, SimRandom& random) {
  node.names = 1;
  if (!node.is_dir) {
    node.content.LosePower(kind, random);
    return;
  }
  node.entries = node.durable_entries;
  for (const auto& [name, child] : node.entries) Restart(*child, kind, random);
}

/// The directory that `names` lead to from `start`.
Result<SimNodePtr> Descend(SimNodePtr dir, std::span<const std::string> names,
                           const std::string& path) {
  for (const std::string& name : names) {
    const auto at = dir->entries.find(name);
    if (at == dir->entries.end()) return Refuse(ErrorCode::kNotFound, path, "no such directory");
    dir = SimNodePtr(at->second);
    if (!dir->is_dir) return Refuse(ErrorCode::kIo, path, "a part of it is not a directory");
  }
  return dir;
}

uint64_t FileBytes(const SimNode& node) {
  if (!node.is_dir) return node.content.cached().size();
  uint64_t sum = 0;
  for (const auto& [name, child] : node.entries) sum += FileBytes(*child);
  return sum;
}

}  // namespace

SimDisk::SimDisk(SimRandom random) : random_(random), root_(MakeNode(true)) {}

Result<SimDisk::Place> SimDisk::Locate(const std::string& path) const {
  const auto names = SplitPath(path);
  if (!names) return Refuse(ErrorCode::kInvalidArgument, path, "\"..\" is not simulated");
  Held from{.names = {}, .node = root_};
  for (const Held& held : held_) {
    const size_t depth = held.names.size();
    if (depth < from.names.size() || depth > names->size()) continue;
    if (std::equal(held.names.begin(), held.names.end(), names->begin())) from = held;
  }
  return LocateFrom(from.node, std::span(*names).subspan(from.names.size()), path);
}

Result<SimDisk::Place> SimDisk::LocateRaw(const std::string& path) const {
  const auto names = SplitPath(path);
  if (!names) return Refuse(ErrorCode::kInvalidArgument, path, "\"..\" is not simulated");
  return LocateFrom(root_, *names, path);
}

Result<SimDisk::Place> SimDisk::LocateFrom(const SimNodePtr& start,
                                           std::span<const std::string> names,
                                           const std::string& path) {
  if (names.empty()) return Place{.dir = nullptr, .name = "", .node = start};
  CW_ASSIGN(SimNodePtr dir, Descend(start, names.first(names.size() - 1), path));
  const auto at = dir->entries.find(names.back());
  SimNodePtr node = at == dir->entries.end() ? nullptr : at->second;
  return Place{.dir = std::move(dir), .name = names.back(), .node = std::move(node)};
}

Result<SimNodePtr> SimDisk::Find(const std::string& path) const {
  CW_ASSIGN(Place place, LocateRaw(path));
  if (place.node == nullptr) return Refuse(ErrorCode::kNotFound, path, "no such file");
  return std::move(place.node);
}

Result<SimNodePtr> SimDisk::Look(const std::string& path) const {
  CW_ASSIGN(Place place, Locate(path));
  if (place.node == nullptr) return Refuse(ErrorCode::kNotFound, path, "no such file");
  return std::move(place.node);
}

Result<SimNodePtr> SimDisk::Hold(const std::string& dir) {
  CW_ASSIGN(SimNodePtr node, FindDir(dir));
  if (node->locked) return Refuse(ErrorCode::kLocked, dir, "somebody holds the lock");
  node->locked = true;
  held_.push_back({.names = *SplitPath(dir), .node = node});
  return node;
}

void SimDisk::Release(const SimNodePtr& dir) {
  dir->locked = false;
  std::erase_if(held_, [&](const Held& held) { return held.node == dir; });
}

Result<SimNodePtr> SimDisk::FindDir(const std::string& path) const {
  CW_ASSIGN(SimNodePtr node, Look(path));
  if (!node->is_dir) return Refuse(ErrorCode::kIo, path, "not a directory");
  return node;
}

Result<SimNodePtr> SimDisk::Open(const std::string& path, OpenMode mode) {
  CW_ASSIGN(Place place, Locate(path));
  if (mode == OpenMode::kCreate) {
    if (place.node != nullptr) return Refuse(ErrorCode::kAlreadyExists, path, "exists already");
    place.node = MakeNode(false);
    place.dir->entries[place.name] = place.node;
    pending_.push_back({.kind = ChangeKind::kAdd,
                        .node = place.node,
                        .from_dir = nullptr,
                        .from_name = "",
                        .to_dir = place.dir,
                        .to_name = place.name});
  }
  if (place.node == nullptr) return Refuse(ErrorCode::kNotFound, path, "no such file");
  if (place.node->is_dir) {
    return Refuse(ErrorCode::kCorruption, path, "it is not a regular file but a directory");
  }
  ++place.node->opens;
  return std::move(place.node);
}

void SimDisk::Close(SimNode& file) {
  CHECK(file.opens > 0);
  --file.opens;
  if (file.names == 0 && file.opens == 0) used_bytes_ -= file.content.cached().size();
}

void SimDisk::Unlink(SimNode& node) {
  --node.names;
  if (!node.is_dir && node.names == 0 && node.opens == 0)
    used_bytes_ -= node.content.cached().size();
}

uint64_t SimDisk::FreeBytes() const {
  return used_bytes_ < limit_bytes_ ? limit_bytes_ - used_bytes_ : 0;
}

Status SimDisk::Write(SimNode& file, uint64_t offset, std::string_view data) {
  const uint64_t size = file.content.cached().size();
  const uint64_t end = data.empty() ? size : std::max<uint64_t>(size, offset + data.size());
  const uint64_t fits = std::min(end - size, FreeBytes());
  if (fits == end - size) {
    file.content.Write(offset, data, random_);
    used_bytes_ += fits;
    return {};
  }
  const uint64_t last = size + fits;  // the first byte that finds no room
  if (last > offset) {
    file.content.Write(offset, data.substr(0, last - offset), random_);
    used_bytes_ += file.content.cached().size() - size;
  }
  return Fail(ErrorCode::kNoSpace, "no space left on the simulated disk");
}

Status SimDisk::Resize(SimNode& file, uint64_t size) {
  const uint64_t before = file.content.cached().size();
  if (size > before && size - before > FreeBytes()) {
    return Fail(ErrorCode::kNoSpace, "no space left on the simulated disk");
  }
  file.content.Resize(size);
  used_bytes_ += size - before;  // wraps around and back when the file shrinks
  return {};
}

Status SimDisk::Rename(const std::string& from, const std::string& to) {
  CW_ASSIGN(Place source, Locate(from));
  CW_ASSIGN(Place target, Locate(to));
  if (source.node == nullptr) return Refuse(ErrorCode::kNotFound, from, "no such file");
  if (source.dir == nullptr || target.dir == nullptr) {
    return Refuse(ErrorCode::kInvalidArgument, from, "the root cannot be renamed or replaced");
  }
  if (source.node == target.node) return {};
  if (source.node->is_dir && source.dir != target.dir) {
    return Refuse(ErrorCode::kInvalidArgument, from, "a directory moves within its parent only");
  }
  if (target.node != nullptr && (target.node->is_dir || source.node->is_dir)) {
    return Refuse(ErrorCode::kIo, to, "a directory is in the way");
  }
  if (target.node != nullptr) Unlink(*target.node);
  source.dir->entries.erase(source.name);
  target.dir->entries[target.name] = source.node;
  pending_.push_back({.kind = ChangeKind::kRename,
                      .node = std::move(source.node),
                      .from_dir = std::move(source.dir),
                      .from_name = std::move(source.name),
                      .to_dir = std::move(target.dir),
                      .to_name = std::move(target.name)});
  return {};
}

Status SimDisk::Remove(const std::string& path) {
  CW_ASSIGN(Place place, Locate(path));
  if (place.node == nullptr) return Refuse(ErrorCode::kNotFound, path, "no such file");
  if (place.node->is_dir) return Refuse(ErrorCode::kIo, path, "is a directory");
  place.dir->entries.erase(place.name);
  Unlink(*place.node);
  pending_.push_back({.kind = ChangeKind::kRemove,
                      .node = std::move(place.node),
                      .from_dir = std::move(place.dir),
                      .from_name = std::move(place.name),
                      .to_dir = nullptr,
                      .to_name = ""});
  return {};
}

Status SimDisk::CreateDir(const std::string& path) {
  CW_ASSIGN(Place place, Locate(path));
  if (place.node != nullptr) {
    if (place.node->is_dir) return {};
    return Refuse(ErrorCode::kAlreadyExists, path, "a file has this name");
  }
  SimNodePtr node = MakeNode(true);
  place.dir->entries[place.name] = node;
  pending_.push_back({.kind = ChangeKind::kAdd,
                      .node = std::move(node),
                      .from_dir = nullptr,
                      .from_name = "",
                      .to_dir = std::move(place.dir),
                      .to_name = std::move(place.name)});
  return {};
}

void SimDisk::MakeDurable(const Change& change) {
  // An entry that another change has taken meanwhile is not ours to remove.
  if (change.kind == ChangeKind::kRemove) {
    const auto at = change.from_dir->durable_entries.find(change.from_name);
    if (at != change.from_dir->durable_entries.end() && at->second == change.node) {
      change.from_dir->durable_entries.erase(at);
    }
    return;
  }
  // A file has one name. Where an earlier renaming was lost, that is not `from_name`.
  if (change.kind == ChangeKind::kRename) DropDurableNames(*root_, change.node);
  change.to_dir->durable_entries[change.to_name] = change.node;
}

Status SimDisk::SettleDir(const std::string& path, bool durable) {
  CW_ASSIGN(const SimNodePtr dir, FindDir(path));
  std::vector<Change> rest;
  for (Change& change : pending_) {
    if (!change.Touches(dir)) {
      rest.push_back(std::move(change));
    } else if (durable) {
      MakeDurable(change);
    }
  }
  pending_ = std::move(rest);
  return {};
}

Status SimDisk::SyncDir(const std::string& path) { return SettleDir(path, true); }

Status SimDisk::FailSyncDir(const std::string& path) { return SettleDir(path, false); }

Result<std::vector<std::string>> SimDisk::List(const std::string& path) {
  CW_ASSIGN(const SimNodePtr dir, FindDir(path));
  std::vector<std::string> names;
  for (const auto& [name, node] : dir->entries) names.push_back(name);
  for (size_t i = names.size(); i > 1; --i) std::swap(names[i - 1], names[random_.Below(i)]);
  return names;
}

Result<bool> SimDisk::Exists(const std::string& path) const {
  const auto found = Look(path);
  if (found) return true;
  if (found.error().code() == ErrorCode::kInvalidArgument) return std::unexpected(found.error());
  return false;  // also below something that is not a directory
}

SimDisk SimDisk::CopyAfterKill() const {
  SimDisk copy(random_);
  TreeCopier copier;
  copy.root_ = copier.Copy(root_);
  for (const Change& change : pending_) {
    copy.pending_.push_back({.kind = change.kind,
                             .node = copier.Copy(change.node),
                             .from_dir = copier.Copy(change.from_dir),
                             .from_name = change.from_name,
                             .to_dir = copier.Copy(change.to_dir),
                             .to_name = change.to_name});
  }
  copy.limit_bytes_ = limit_bytes_;
  copy.RecountUsedBytes();
  return copy;
}

void SimDisk::LosePower(PowerLoss kind, SimRandom& random) {
  // Half of the crashes treat all changes alike; coins for each would hardly ever do so.
  const bool coins = kind == PowerLoss::kRandom && random.Percent(50);
  const bool keep = kind == PowerLoss::kRandom ? random.Percent(50) : kind == PowerLoss::kKeep;
  for (const Change& change : pending_) {
    if (coins ? random.Percent(50) : keep) MakeDurable(change);
  }
  pending_.clear();
  Restart(*root_, kind, random);
  RecountUsedBytes();
}

void SimDisk::RecountUsedBytes() { used_bytes_ = FileBytes(*root_); }

Status SimDisk::WriteRaw(const std::string& path, std::string bytes) {
  CW_ASSIGN(Place place, LocateRaw(path));
  if (place.dir == nullptr || (place.node != nullptr && place.node->is_dir)) {
    return Refuse(ErrorCode::kIo, path, "is a directory");
  }
  if (place.node == nullptr) place.node = MakeNode(false);
  used_bytes_ += bytes.size() - (place.node->content.cached().size());
  place.node->content = SimContent(std::move(bytes));
  place.dir->entries[place.name] = place.node;
  place.dir->durable_entries[place.name] = place.node;
  return {};
}

Status SimDisk::RemoveRaw(const std::string& path) {
  CW_ASSIGN(const Place place, LocateRaw(path));
  if (place.node == nullptr || place.dir == nullptr) {
    return Refuse(ErrorCode::kNotFound, path, "no such file");
  }
  place.dir->entries.erase(place.name);
  place.dir->durable_entries.erase(place.name);
  Unlink(*place.node);
  return {};
}

Status SimDisk::RenameRaw(const std::string& from, const std::string& to) {
  CW_ASSIGN(const Place source, LocateRaw(from));
  CW_ASSIGN(const Place target, LocateRaw(to));
  if (source.node == nullptr || source.dir == nullptr) {
    return Refuse(ErrorCode::kNotFound, from, "no such file");
  }
  if (target.node != nullptr) return Refuse(ErrorCode::kAlreadyExists, to, "exists already");
  source.dir->entries.erase(source.name);
  source.dir->durable_entries.erase(source.name);
  target.dir->entries[target.name] = source.node;
  target.dir->durable_entries[target.name] = source.node;
  return {};
}

Status SimDisk::LinkRaw(const std::string& path, const std::string& name) {
  CW_ASSIGN(const Place from, LocateRaw(path));
  CW_ASSIGN(const Place to, LocateRaw(name));
  if (from.node == nullptr || from.node->is_dir || to.dir == nullptr || to.node != nullptr) {
    return Refuse(ErrorCode::kInvalidArgument, path, "cannot get that second name");
  }
  to.dir->entries[to.name] = from.node;
  to.dir->durable_entries[to.name] = from.node;
  ++from.node->names;
  return {};
}

std::vector<std::string> SimDisk::Files(const std::string& dir) const {
  std::vector<std::string> files;
  const auto names = SplitPath(dir);
  const auto node = Find(dir);
  if (!names || !node) return files;
  std::string prefix;
  for (const std::string& name : *names) prefix += "/" + name;
  CollectFiles(**node, prefix, files);
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace cordwood::support
