#include "storage/store.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/format.h"

namespace cordwood::storage {
namespace {

constexpr uint64_t kImmutablesMax = 4;
// As many more may wait while flushes find no room and what is written gives space back.
/// Operations of a batch between two pauses.
constexpr uint64_t kInsertedAtOnce = 64;
constexpr uint64_t kStuckImmutablesMax = 2 * kImmutablesMax;
// Groups of few operations fill the log faster than the memtable: when more segments than this are
// in use the memtable is flushed early.
constexpr uint64_t kLogSegmentsMax = 3;
// From here on (writers are slowed from one half) merges run as they can.
constexpr double kPressureOfLateMerges = 0.25;
// Of the block cache, what it keeps when it lends the rest to a merge of large entries.
constexpr uint64_t kCacheKept = 8;
// Memtables of so many bytes take blocks out of a pool: in a smaller one a block is too much.
constexpr uint64_t kPooledMemtableBytes = 16 << 20;
// A merge that is told to stop must not sleep for long.
constexpr uint64_t kMergeSleepMsMax = 200;

StoreOptions Rounded(StoreOptions options) {
  constexpr uint64_t kSectorsMin = 4;
  for (uint64_t* bytes : {&options.log_segment_bytes, &options.log_small_segment_bytes}) {
    const uint64_t sectors = (*bytes + kLogAlign - 1) / kLogAlign;
    *bytes = std::max(sectors, kSectorsMin) * kLogAlign;
  }
  return options;
}

}  // namespace

class StoreSnapshot final : public Snapshot {
 public:
  explicit StoreSnapshot(Store& store) : store_(store) {
    const MutexLock lock(store_.snapshots_mutex_);
    seq_ = store_.visible();
    store_.snapshots_.insert(seq_);
  }
  ~StoreSnapshot() override {
    const MutexLock lock(store_.snapshots_mutex_);
    store_.snapshots_.erase(store_.snapshots_.find(seq_));
  }
  Seq seq() const override { return seq_; }

 private:
  Store& store_;
  Seq seq_ = 0;
};

Store::Store(Env& env, std::string dir, const StoreOptions& options)
    : env_(env),
      dir_(std::move(dir)),
      options_(Rounded(options)),
      memtable_bytes_max_(0),
      cache_bytes_max_(options.block_cache_bytes),
      gaps_(options.gap_bytes) {
  CHECK(options_.write_limits.fit_the_formats());
  SetMemtableBytes(options_.memtable_bytes);
}

Store::~Store() {
  if (!closed_) IgnoreError(Close(), "a caller who wants to know calls Close");
}

Status Store::Close() {
  closed_ = true;
  AwaitFetches();
  if (versions_ != nullptr) versions_->tables().AwaitIdle();
  if (space_ != nullptr) space_->Close();
  if (sorter_ != nullptr) sorter_->Stop();
  if (background_ != nullptr) background_->Stop();
  if (log_ == nullptr) return {};  // it was never opened: nothing was written
  CW_TRY(log_->Stop());
  CW_TRY(background_->status());
  return versions_->Seal(log_->synced());
}

Status Store::failure() const {
  if (log_->failed()) return log_->status();
  if (background_->failed()) return background_->status();
  return {};
}

// --- writing ---

WriteGate Store::Admit(uint64_t bytes, Intent intent) {
  if (!failure()) return WriteGate::kFailed;
  const WriteGate gate =
      admission_->Judge(bytes, intent,
                        {.active = active_bytes_.load(std::memory_order_relaxed),
                         .active_max = memtable_bytes_max_.load(std::memory_order_relaxed),
                         .waiting = immutable_bytes_.load(std::memory_order_relaxed),
                         .waiting_max = ImmutableBytesMax()});
  if (gate == WriteGate::kLater && admission_->wants_flush() && CanSwitchMemtable()) {
    SwitchMemtable();
  }
  return gate;
}

uint64_t Store::ImmutableBytesMax() const {
  return kImmutablesMax * memtable_bytes_max_.load(std::memory_order_relaxed);
}

void Store::SetMemory(const StoreOptions& options) {
  const StoreOptions fitted = FitToDisk(options, disk_bytes_at_start_);
  SetMemtableBytes(fitted.memtable_bytes);
  cache_bytes_max_.store(options.block_cache_bytes, std::memory_order_relaxed);
  background_->SetMergeMemory(options.merge_memory_bytes);
  LendCache();
  log_->SetGroupBytes(options.log_group_bytes);
  UpdatePressure();
}

bool Store::full() const {
  return log_->room().full() || background_->out_of_space() || space_->is_full();
}

Status Store::shortage() const {
  for (const Status& status : {log_->shortage(), background_->shortage()}) {
    if (!status && status.error().code() != ErrorCode::kNoSpace) return status;
  }
  return {};
}

uint64_t Store::WriteDelayUs(uint64_t bytes) const {
  return storage::WriteDelayUs(Pressure(), bytes);
}

double Store::Pressure() const {
  const uint64_t unflushed = immutable_bytes_.load(std::memory_order_relaxed) +
                             active_bytes_.load(std::memory_order_relaxed);
  return WritePressure(debt_.load(std::memory_order_relaxed),
                       static_cast<double>(unflushed) / static_cast<double>(ImmutableBytesMax()));
}

void Store::UpdatePressure() {
  const MutexLock lock(pressure_mutex_);
  uint64_t immutable_bytes = 0;
  for (const std::shared_ptr<Memtable>& memtable : versions_->Immutables()) {
    immutable_bytes += memtable->bytes();
  }
  immutable_bytes_.store(immutable_bytes, std::memory_order_relaxed);
  debt_.store(background_->CompactionDebt(), std::memory_order_relaxed);
  const std::shared_ptr<const Tree> tree = versions_->tree();
  disk_bytes_.store(tree->bytes() + log_->stats().segment_bytes, std::memory_order_relaxed);
  uint64_t fragments = 0;
  for (const Run& run : tree->runs()) fragments += run.fragments.size();
  fragments_.store(fragments, std::memory_order_relaxed);
}

void Store::SetListener(std::function<void()> listener) {
  const MutexLock lock(listener_mutex_);
  listener_ = std::move(listener);
}

void Store::NotifyListener() {
  const MutexLock lock(listener_mutex_);
  if (listener_) listener_();
}

Result<Seq> Store::Write(const WriteBatch& batch, const Pause& pause) {
  CW_TRY(failure());
  CHECK(!batch.empty());
  CW_TRY(options_.write_limits.Check(batch.sizes()));
  const Seq first = last_seq_ + 1;
  // First into the memtable: once the log has a batch, D may pass it, and whoever reads at D must
  // find it.
  CHECK(!inserting_);
  inserting_ = true;
  const Status inserted = Insert(first, batch.count(), batch.bytes(), pause);
  inserting_ = false;
  CW_TRY(inserted);
  log_->Append(first, batch.count(), batch.bytes());
  last_seq_ = first + batch.count() - 1;
  if (fold_counts_) FoldCounts();
  user_bytes_.fetch_add(batch.bytes().size(), std::memory_order_relaxed);
  space_->NoteWritten(batch.bytes().size());
  SortSealed();
  SwitchMemtableIfFull();
  return last_seq_;
}

Status Store::Insert(Seq first, uint32_t count, std::string_view ops, const Pause& pause) {
  Seq seq = first;
  for (OpReader reader(ops); !reader.done(); ++seq) {
    CW_ASSIGN(const Op op, reader.Next());
    switch (op.kind) {
      case OpKind::kPut:
        gaps_.NotePut(op.key);
        active_->Add(seq, {.is_put = true, .assumption = op.assumption}, op.key, op.value);
        break;
      case OpKind::kDelete:
        active_->Add(seq, {.is_put = false, .assumption = op.assumption}, op.key, {});
        break;
      case OpKind::kDropRange:
        active_->AddDeadRange(op.key, op.value, seq);
        break;
      case OpKind::kCount:
        Count(seq, op.counter, op.delta);
        break;
      case OpKind::kNote:
        break;
    }
    active_->NoteSeq(seq);
    if (pause && (seq - first) % kInsertedAtOnce == kInsertedAtOnce - 1) pause();
  }
  if (pause) pause();  // the log takes the batch in one piece
  if (seq - first != count) {
    return Fail(ErrorCode::kCorruption,
                Format("{} operations where {} should be", seq - first, count));
  }
  active_bytes_.store(active_->bytes(), std::memory_order_relaxed);
  active_unsettled_.store(active_->unsettled(), std::memory_order_relaxed);
  return {};
}

void Store::Count(Seq seq, uint64_t counter, int64_t delta) {
  active_->AddCount(counter, delta);
  const MutexLock lock(counts_mutex_);
  counts_.Add(seq, counter, delta);
  fold_counts_ = counts_.WantsFold();
}

void Store::FoldCounts() {
  const MutexLock lock(counts_mutex_);
  counts_.Fold(Readers());
  fold_counts_ = false;
}

void Store::SwitchMemtableIfFull() {
  if (active_->bytes() >= memtable_bytes_max_.load(std::memory_order_relaxed)) SwitchMemtable();
}

bool Store::HasLargeMemtables() const {
  return memtable_bytes_max_.load(std::memory_order_relaxed) >= kPooledMemtableBytes;
}

std::shared_ptr<Memtable> Store::NewMemtable() {
  return std::make_shared<Memtable>(
      Memtable::Options{.blocks = HasLargeMemtables() ? &memtable_blocks_ : nullptr,
                        .list_entries = options_.memtable_list_entries});
}

void Store::SetMemtableBytes(uint64_t bytes) {
  memtable_bytes_max_.store(bytes, std::memory_order_relaxed);
  // Of all that may wait to be flushed this is what one takes, so it is within what they may have.
  memtable_blocks_.SetKept(bytes >= kPooledMemtableBytes ? bytes : 0);
}

void Store::SortSealed() {
  if (active_->lists() == active_lists_ && !memtable_blocks_.wants_blocks()) return;
  active_lists_ = active_->lists();
  sorter_->Kick();
}

void Store::SwitchMemtable() {
  CHECK(!inserting_);  // a batch lies in one
  // It can be flushed once it is on stable storage, and under kNever nothing else might ever sync.
  log_->SyncSoon(active_->last_seq());
  active_ = NewMemtable();
  active_bytes_.store(0, std::memory_order_relaxed);
  active_unsettled_.store(0, std::memory_order_relaxed);
  active_lists_ = 1;
  versions_->SwitchMemtable(active_);
  // A small one is gone in no time, and where memory is short it must not wait for a thread.
  if (!HasLargeMemtables()) versions_->cell().Sweep();
  sorter_->Kick();
  UpdatePressure();
  background_->Kick();
}

void Store::Kick() { log_->Kick(); }

// --- counters ---

int64_t Store::NewestCount(uint64_t counter) const {
  const MutexLock lock(counts_mutex_);
  return counts_.Newest(counter);
}

int64_t Store::CountAt(uint64_t counter, Seq seq) const {
  const MutexLock lock(counts_mutex_);
  return counts_.At(counter, seq);
}

// --- reading ---

std::unique_ptr<Snapshot> Store::TakeSnapshot() { return std::make_unique<StoreSnapshot>(*this); }

ReadPoints Store::Readers() const {
  // First: who takes a snapshot, or pins a version, behind the looks at those finds no smaller D.
  const Seq visible_seq = visible();
  std::vector<Seq> seqs = versions_->cell().PinnedSeqs();
  const MutexLock lock(snapshots_mutex_);
  seqs.insert(seqs.end(), snapshots_.begin(), snapshots_.end());
  return {std::move(seqs), visible_seq};
}

void Store::Fetch(std::vector<BlockRef> blocks, std::function<void(FetchedBlocks)> done) {
  fetches_->Start(std::move(blocks), std::move(done));
}

void Store::AwaitFetches() {
  if (fetches_ != nullptr) fetches_->Await();
}

// --- background ---

void Store::StartSpace() {
  space_ = std::make_unique<Space>(
      env_, dir_, options_, [this] { return SpaceInUse(); }, [this] { NotifyListener(); });
}

Space::Use Store::SpaceInUse() const {
  return {.unflushed = immutable_bytes_.load(std::memory_order_relaxed) +
                       active_bytes_.load(std::memory_order_relaxed),
          .stored = DiskBytes(),
          .tables = fragments_.load(std::memory_order_relaxed)};
}

void Store::StartBackground() {
  fetches_ = std::make_unique<Fetches>(env_, *versions_);
  sorter_ = std::make_unique<MemtableSorter>(env_, *versions_, memtable_blocks_);
  background_ = std::make_unique<Background>(
      env_, dir_, options_, *versions_,
      Background::Hooks{
          .synced = [this] { return synced(); },
          .readers = [this] { return Readers(); },
          .corrected =
              [this](const Counters& corrections) {
                const MutexLock lock(counts_mutex_);
                counts_.Correct(corrections);
              },
          .flushed = [this](Seq seq) { log_->ReleaseThrough(seq); },
          .progress =
              [this] {
                UpdatePressure();
                NotifyListener();
              },
          .throttle = [this](uint64_t bytes) { ThrottleMerge(bytes); },
          .syncs_suffer =
              [this] { return log_ != nullptr && merge_throttle_.SyncsSuffer(Signs()); },
          .merge_memory_changed = [this] { LendCache(); },
          .room =
              [this] {
                return PickerState::Room{.bytes = space_->MergeRoom(), .is_short = full()};
              },
          .make_room = [this](uint64_t bytes) { space_->MakeRoom(bytes); },
          .out_of_room =
              [this] {
                const bool had_spares = log_ != nullptr && log_->GiveBackSpares();
                return had_spares || space_->GiveBallast();
              }});
}

void Store::LendCache() {
  const MutexLock lock(cache_mutex_);
  const uint64_t most = cache_bytes_max_.load(std::memory_order_relaxed);
  const uint64_t lent = std::min(background_->merge_memory(), most - most / kCacheKept);
  versions_->tables().SetMemory(most - lent);
}

MergeThrottle::Signs Store::Signs() const {
  return {.now_ns = env_.MonotonicNs(),
          .sync_ns = log_->recent_sync_ns(),
          .late = WritePressure(debt_.load(std::memory_order_relaxed), 0) >= kPressureOfLateMerges};
}

void Store::ThrottleMerge(uint64_t bytes) {
  const uint64_t sleep_ns = merge_throttle_.SleepNs(bytes, Signs());
  constexpr uint64_t kNsPerMs = 1'000'000;
  if (sleep_ns >= kNsPerMs) env_.SleepForMs(std::min(sleep_ns / kNsPerMs, kMergeSleepMsMax));
}

void Store::OnLogProgress() {
  space_->MeasureIfDue();
  background_->KickFlush();
  NotifyListener();
}

void Store::Tick() {
  space_->Tick();
  log_->Tick();
  const bool none_waits = versions_->Immutables().empty();
  const LogStats log = log_->stats();
  if (log.under_load) shorten_log_ = true;
  // Once a load is over its segments go, with what is only in them.
  const bool shortens = none_waits && !log.under_load && std::exchange(shorten_log_, false);
  const size_t segments_max = shortens ? 1 : kLogSegmentsMax;
  const bool log_is_long = none_waits && log.segments - log.ready > segments_max;
  // What was deleted gives its space back only once flushes and merges learn of it.
  const bool few_wait = versions_->Immutables().size() < kStuckImmutablesMax;
  const bool drops = few_wait && !active_->dead_ranges().empty();
  const bool frees_space = full() ? none_waits || drops : background_->merges_lack_space() && drops;
  if (CanSwitchMemtable() && (log_is_long || frees_space)) SwitchMemtable();
  background_->Tick();
  UpdatePressure();
}

void Store::CompactEverything(std::function<void()> done) {
  if (!active_->empty()) SwitchMemtable();
  log_->Kick();
  background_->CompactEverything(std::move(done));
}

void Store::MergeRange(std::string_view begin, std::string_view end) {
  background_->MergeRange({.begin = std::string(begin), .end = std::string(end)}, last_seq_);
}

StoreStats Store::Stats() const {
  StoreStats stats{.log = log_->stats(),
                   .cache = cache_->stats(),
                   .background = background_->stats(),
                   .memtable_bytes = active_bytes_.load(std::memory_order_relaxed),
                   .user_bytes_written = user_bytes_.load(std::memory_order_relaxed),
                   .recovered_groups = recovered_groups_};
  // The memtables first: one that is flushed meanwhile is counted twice, not left out.
  for (const std::shared_ptr<Memtable>& memtable : versions_->Immutables()) {
    ++stats.immutable_memtables;
    stats.immutable_bytes += memtable->bytes();
    stats.unsettled += memtable->unsettled();
  }
  const std::shared_ptr<const Tree> tree = versions_->tree();
  for (const Run& run : tree->runs()) {
    if (stats.levels.size() <= run.level) stats.levels.resize(run.level + 1);
    StoreStats::Level& level = stats.levels[run.level];
    ++level.runs;
    level.files += run.fragments.size();
    level.bytes += run.bytes();
  }
  stats.tables = versions_->tables().stats();
  stats.entries_on_disk = tree->entries();
  stats.unsettled += tree->unsettled() + active_unsettled_.load(std::memory_order_relaxed);
  stats.merge_limit = merge_throttle_.limit();
  stats.write_pressure = Pressure();
  stats.full = full();
  stats.blocked = !shortage();
  stats.ballast_bytes = space_->ballast_bytes();
  stats.torn_bytes = stats.log.torn_bytes;
  {
    const MutexLock lock(counts_mutex_);
    stats.pending_counts = counts_.pending();
  }
  stats.compaction_debt = background_->CompactionDebt();
  return stats;
}

}  // namespace cordwood::storage
