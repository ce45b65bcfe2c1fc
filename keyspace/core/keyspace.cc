#include "keyspace/core/keyspace.h"

namespace cordwood::keyspace {

Result<std::unique_ptr<Keyspace>> Keyspace::Open(Env& env, const std::string& dir,
                                                 storage::StoreOptions store_options,
                                                 const KeyspaceOptions& options) {
  std::unique_ptr<Keyspace> keyspace(new Keyspace(env, dir, store_options, options));
  keyspace->store_options_.counting = &keyspace->counting_;
  CW_TRY(keyspace->OpenStore());
  return keyspace;
}

Status Keyspace::OpenStore() {
  CW_ASSIGN(store_, storage::Store::Open(env_, dir_, store_options_));
  databases_.emplace(options_.databases);
  deadline_floors_ = {};
  storage::Reader reader(*store_);
  storage::View view = reader.Newest(storage::Tier::kMayBlock);
  CW_TRY(databases_->Load(view));
  pending_objects_.Load(view);
  for (const Generation generation : databases_->written()) {
    deadline_floors_.Raise(generation, TablePrefix(generation, Table::kDeadline));
  }
  if (listener_) store_->SetListener(listener_);
  return {};
}

Status Keyspace::Reopen() {
  store_->SetListener(nullptr);
  const Status closed = store_->Close();
  store_.reset();
  CW_TRY(closed);
  return OpenStore();
}

void Keyspace::SetListener(std::function<void()> listener) {
  listener_ = std::move(listener);
  store_->SetListener(listener_);
}

void Keyspace::Tick() {
  store_->Tick();
  if (databases_->older() > 0) databases_->Forget(store_->OldestReader());
}

int64_t Keyspace::NewestCount(int db, CounterKind kind) const {
  return store_->NewestCount(CounterId(databases_->Newest(db), kind));
}

}  // namespace cordwood::keyspace
