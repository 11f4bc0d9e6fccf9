#include "storage/rocks_options.h"

#include <utility>

#include "rocksdb/filter_policy.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"

namespace mentorlog::storage {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

}  // namespace

const char* FamilyName(Family family) {
  switch (family) {
    case Family::kEvents:
      return "events";
    case Family::kParts:
      return "parts";
    case Family::kStreams:
      return "streams";
    case Family::kRequests:
      return "requests";
    case Family::kViews:
      return "views";
    case Family::kGroups:
      return "groups";
    case Family::kTree:
      return "tree";
    case Family::kMeta:
      return "meta";
  }
  return "";
}

rocksdb::DBOptions DatabaseOptions(const RocksOptions& options, rocksdb::Env* env,
                                   std::shared_ptr<rocksdb::EventListener> listener) {
  rocksdb::DBOptions db;
  db.env = env;
  db.create_if_missing = options.create_if_missing;
  db.create_missing_column_families = options.create_if_missing;
  db.IncreaseParallelism(2);
  // A torn last record is what every crash leaves; anything else that does not check is refused. The default
  // drops acknowledged records without a word.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.paranoid_checks = true;
  // We decide when to go on after an error, never RocksDB.
  db.max_bgerror_resume_count = 0;
  // Bounds the replay after a crash, and what a replay writes: DataFolder sees to it that so much is free.
  db.max_total_wal_size = 48 * kMiB;
  // Bounded, since whoever runs out of descriptors accepts no more calls. Beside a running daemon all files are
  // held open instead, because the daemon may delete them.
  db.max_open_files = options.read_only ? -1 : 1000;
  db.skip_stats_update_on_db_open = true;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.keep_log_file_num = 5;
  db.max_log_file_size = 16 * kMiB;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.listeners.push_back(std::move(listener));
  return db;
}

rocksdb::ColumnFamilyOptions FamilyOptions(Family family, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = 16 << 10;
  table.format_version = 5;

  rocksdb::ColumnFamilyOptions cf;
  cf.compression = rocksdb::kLZ4Compression;
  // What fits the processor's caches: a key's place in 64 MiB is searched for twice as long.
  cf.write_buffer_size = 8 * kMiB;
  cf.level_compaction_dynamic_level_bytes = true;
  switch (family) {
    case Family::kEvents:
    case Family::kParts:
    case Family::kGroups:
    case Family::kMeta:
      break;
    case Family::kViews:
      // Read row by row, from anywhere: of 16 KiB a reader wants a fiftieth, and all of it is unpacked and cached.
      table.block_size = 4 << 10;
      // A version that is dropped lies in whole files but for the first and the last one, which are written anew.
      cf.target_file_size_base = 8 * kMiB;
      // Every save and every batch of a rebuild adds one; a look-up asks the bloom filter of each.
      cf.level0_file_num_compaction_trigger = 8;
      table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
      // A range of one entity's rows is sought in every table otherwise. Capped, so that every key has a prefix.
      cf.prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(kEntityKeyBytes));
      // A decision asks for relationships of every kind between two people, of which most are not there.
      cf.memtable_prefix_bloom_size_ratio = 0.05;
      cf.memtable_whole_key_filtering = true;
      break;
    case Family::kRequests:
      // Nearly every look-up is for a request that was never seen.
      table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
      cf.memtable_prefix_bloom_size_ratio = 0.05;
      cf.memtable_whole_key_filtering = true;
      break;
    case Family::kStreams:
      // "Has this stream any record?" is asked of streams that have none. Capped, so that every key has a prefix.
      table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
      table.whole_key_filtering = false;
      cf.prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(kStreamKeyBytes));
      cf.memtable_prefix_bloom_size_ratio = 0.05;
      break;
    case Family::kTree:
      // Digests do not compress.
      cf.compression = rocksdb::kNoCompression;
      break;
  }
  cf.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return cf;
}

}  // namespace mentorlog::storage
