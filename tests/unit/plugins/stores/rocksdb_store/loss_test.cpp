// A directory that is not what the store left: after a crash, a clean-up, half a backup. Nothing that was acknowledged
// is missing in silence.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <rocksdb/db.h>

#include "disk_fixture.h"

namespace tomada::rocksdb_store {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Code = absl::StatusCode;
using testing::HasValue;
using testing::IsAbsent;
using testing::IsApplied;
using testing::RecordWithKeys;
using testing::RefusedWith;
namespace fs = std::filesystem;

class LossTest : public DiskTest {
 protected:
  void Write(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_THAT(sync().Put(RecordWithKeys(std::to_string(i), Value(i), {{"email", std::to_string(i)}})), IsApplied());
    }
  }
  static std::string Value(int i) { return std::string(1000, static_cast<char>('a' + i % 26)); }
  void ExpectAll(int count) {
    for (int i = 0; i < count; ++i) EXPECT_THAT(sync().Find("email", std::to_string(i)), HasValue(Value(i)));
  }

  // What a crash would leave now, while this write is under way; the store goes on in the copy.
  void Crash(Background* write = nullptr) {
    const fs::path crashed = directory_.path() / fmt::format("crashed{}", crashes_++);
    fs::copy(config_.path, crashed, fs::copy_options::recursive);
    files_->Release();
    if (write != nullptr) {
      EXPECT_THAT(write->Wait(), IsApplied());
    }
    Close();
    config_.path = crashed;
  }

  // The database's files whose names end so, oldest first.
  std::vector<fs::path> Files(const std::string& ending) const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(fs::path(config_.path) / "rocksdb")) {
      if (entry.path().string().ends_with(ending)) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
  }
  std::vector<fs::path> FilledLogs() const {
    std::vector<fs::path> logs = Files(".log");
    std::erase_if(logs, [](const fs::path& log) { return fs::file_size(log) == 0; });
    return logs;
  }

  // Why the store does not start.
  std::string Refusal(Code code = Code::kDataLoss) {
    store_ = MakeStore(config_);
    const absl::Status started = store_->Start();
    EXPECT_EQ(started.code(), code) << started;
    store_.reset();
    return std::string(started.message());
  }

  int crashes_ = 0;
};

TEST_F(LossTest, AfterAStopTheLogsAreNotNeeded) {
  for (const Durability durability : {Durability::kSynced, Durability::kApplied}) {
    config_.durability = durability;
    Open();
    Write(10);
    Close();
    for (const fs::path& log : Files(".log")) fs::remove(log);
    Open();
    ExpectAll(10);
    Close();
  }
}

TEST_F(LossTest, AfterACrashTheyAre) {
  Open();
  Write(5);
  Crash();
  const fs::path aside = directory_.path() / "aside.log";
  ASSERT_THAT(FilledLogs(), SizeIs(1));
  const fs::path log = FilledLogs().front();
  fs::rename(log, aside);
  // Five times record, unique key, operation and its expiry; the table's indexes, the token key.
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("the changes 1 to 22 of the store in"), HasSubstr("*.log"),
                               HasSubstr("backup"), HasSubstr("tomada.sequence")));
  // Nothing has been done to the directory: with the log everything is there.
  fs::rename(aside, log);
  Open();
  ExpectAll(5);
}

TEST_F(LossTest, WhatIsMissingCanBeGivenUp) {
  Open();
  Write(5);
  Crash();
  for (const fs::path& log : Files(".log")) fs::remove(log);
  Refusal();
  fs::remove(fs::path(config_.path) / "tomada.sequence");
  Open();
  EXPECT_THAT(sync().Get("0"), IsAbsent());
  Write(1);
}

TEST_F(LossTest, AShortenedLogIsNoticed) {
  Open();
  Write(5);
  Crash();
  const fs::path log = FilledLogs().back();
  fs::resize_file(log, fs::file_size(log) - 100);
  EXPECT_THAT(Refusal(), HasSubstr("the changes 19 to 22"));
}

// A write that was under way when the power went: nobody was told that it had happened.
TEST_F(LossTest, AnEndOfTheLogThatWasNeverAcknowledgedIsDropped) {
  Open();
  Write(4);
  testing::TestCall call;
  const std::unique_ptr<Background> held = HoldWith(call, "held");
  Crash(held.get());
  const fs::path log = FilledLogs().back();
  fs::resize_file(log, fs::file_size(log) - 10);
  Open();
  ExpectAll(4);
  EXPECT_THAT(sync().Get("held"), IsAbsent());
}

TEST_F(LossTest, DamageInTheMiddleOfALogStopsTheStart) {
  Open();
  Write(5);
  Crash();
  const fs::path log = FilledLogs().back();
  std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(fs::file_size(log) / 2));
  file << "damage";
  file.close();
  EXPECT_THAT(Refusal(), HasSubstr("restore"));
}

// The second has the newest changes: that those before them are missing shows in the numbers alone.
TEST_F(LossTest, OfTwoLogsTheFirstIsMissedToo) {
  for (const Durability durability : {Durability::kSynced, Durability::kApplied}) {
    config_.durability = durability;
    Open();
    files_->HoldTables();
    for (int i = 0; FilledLogs().size() < 2; ++i) {
      ASSERT_LT(i, 40);
      ASSERT_THAT(sync().Put(Record(fmt::format("big{}", i), std::string(1 << 20, 'v'))), IsApplied());
    }
    Write(5);
    Crash();
    const std::string whole = config_.path;
    for (const bool missing : {true, false}) {
      config_.path = whole + (missing ? "-missing" : "-short");
      fs::copy(whole, config_.path, fs::copy_options::recursive);
      const fs::path first = FilledLogs().front();
      if (missing) fs::remove(first);
      if (!missing) fs::resize_file(first, fs::file_size(first) - 2000);
      EXPECT_THAT(Refusal(), HasSubstr("restore")) << NameOf(durability) << missing;
    }
    config_.path = whole;
    Open();
    ExpectAll(5);
    EXPECT_TRUE(*sync().Get("big0"));
    Close();
    config_.path = whole + "-next";
  }
}

TEST_F(LossTest, EveryFileOfTheDatabaseIsMissed) {
  Open();
  Write(5);
  Close();
  const std::string whole = config_.path;
  for (const char* ending : {".sst", "CURRENT", ""}) {
    config_.path = whole + "-without" + ending;
    fs::copy(whole, config_.path, fs::copy_options::recursive);
    int removed = 0;
    for (const fs::path& file : Files(ending)) {
      if (*ending || file.filename().string().starts_with("MANIFEST")) removed += fs::remove(file);
    }
    EXPECT_GT(removed, 0) << ending;
    EXPECT_THAT(Refusal(), HasSubstr("restore")) << ending;
  }
  config_.path = whole + "-empty";
  fs::copy(whole, config_.path, fs::copy_options::recursive);
  fs::remove_all(fs::path(config_.path) / "rocksdb");
  EXPECT_THAT(Refusal(), HasSubstr("restore"));
}

TEST_F(LossTest, SoAreTheStoresOwn) {
  Open();
  Write(5);
  Close();
  const fs::path path = config_.path;
  fs::rename(path / "tomada.format", directory_.path() / "aside");
  EXPECT_THAT(Refusal(), HasSubstr("without its file tomada.format"));
  fs::rename(path / "rocksdb", directory_.path() / "aside.rocksdb");
  EXPECT_THAT(Refusal(), HasSubstr("without its file tomada.format"));
  EXPECT_FALSE(fs::exists(path / "rocksdb"));
  fs::rename(directory_.path() / "aside.rocksdb", path / "rocksdb");
  fs::rename(directory_.path() / "aside", path / "tomada.format");
  for (const char* damage : {"", "tomada rocksdb_store sequence 1\n", "tomada rocksdb_store sequence x"}) {
    std::ofstream(path / "tomada.sequence") << damage;
    EXPECT_THAT(Refusal(), HasSubstr("tomada.sequence is damaged"));
  }
  fs::remove(path / "tomada.sequence");
  Open();
  ExpectAll(5);
}

// An older copy of the database beside newer files of the store.
TEST_F(LossTest, AMixtureOfTwoBackupsIsRefused) {
  Open();
  Write(3);
  Close();
  fs::copy(config_.path + "/rocksdb", directory_.path() / "old", fs::copy_options::recursive);
  Open();
  Write(5);
  Close();
  fs::remove_all(config_.path + "/rocksdb");
  fs::rename(directory_.path() / "old", config_.path + "/rocksdb");
  EXPECT_THAT(Refusal(), HasSubstr("are missing"));
}

// As when files are copied while the store goes on: the MANIFEST early, the logs late. What was in the first log is in
// a table that this MANIFEST does not know.
TEST_F(LossTest, AnOldManifestWithNewLogsIsRefused) {
  Open();
  Write(3);
  const fs::path copy = directory_.path() / "copy";
  fs::copy(config_.path, copy, fs::copy_options::recursive);
  Reopen();
  Write(5);
  const std::vector<fs::path> logs = FilledLogs(), tables = Files(".sst");
  ASSERT_THAT(logs, SizeIs(1));
  for (const std::vector<fs::path>& files : {logs, tables}) {
    for (const fs::path& file : files) fs::copy(file, copy / "rocksdb", fs::copy_options::overwrite_existing);
  }
  Close();
  config_.path = copy;
  for (const fs::path& log : FilledLogs()) {
    if (log.filename() != logs.front().filename()) fs::remove(log);
  }
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("the changes 1 to"), HasSubstr("Later ones are there")));
  fs::remove(copy / "tomada.sequence");
  EXPECT_THAT(Refusal(), HasSubstr("the changes 1 to"));
}

TEST_F(LossTest, ATableThatWasCutOffIsMissed) {
  Open();
  Write(5);
  Close();
  ASSERT_THAT(Files(".sst"), SizeIs(1));
  fs::resize_file(Files(".sst").front(), 1000);
  EXPECT_THAT(Refusal(), HasSubstr("restore"));
}

// Compaction forgets the numbers of changes; what has been counted stays right.
TEST_F(LossTest, NothingIsMissedAfterACompaction) {
  for (int run = 0; run < 8; ++run) {
    Open();
    Write(5);
    Close();
  }
  {
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(rocksdb::Options(), config_.path + "/rocksdb", &opened).ok());
    const std::unique_ptr<rocksdb::DB> database(opened);
    ASSERT_TRUE(database->CompactRange(rocksdb::CompactRangeOptions(), nullptr, nullptr).ok());
  }
  Open();
  Write(5);
  Crash();
  Open();
  ExpectAll(5);
}

class BackupOfStoreTest : public LossTest {
 protected:
  absl::Status BackUp(const fs::path& to) { return MakeStore(config_)->BackUp(to); }
  std::string Message(const fs::path& to) { return std::string(BackUp(to).message()); }
};

TEST_F(BackupOfStoreTest, BesideAWriterItHasAllThatWasAcknowledged) {
  for (const Durability durability : {Durability::kSynced, Durability::kApplied}) {
    config_.durability = durability;
    config_.path = directory_.path() / NameOf(durability);
    Open();
    std::atomic<int> written = 0;
    std::atomic<bool> stop = false;
    std::thread writer([&] {
      // Large, so that logs end and tables come and go.
      for (; !stop; ++written)
        ASSERT_THAT(sync().Put(Record(std::to_string(written), std::string(200'000, 'v'))), IsApplied());
    });
    std::vector<std::pair<fs::path, int>> backups;
    for (int i = 0; i < 5; ++i) {
      while (written < 40 * i && !HasFailure()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      backups.emplace_back(directory_.path() / fmt::format("{}-{}", NameOf(durability), i), written);
      EXPECT_EQ(BackUp(backups.back().first), absl::OkStatus());
    }
    stop = true;
    writer.join();
    Close();
    for (const auto& [path, count] : backups) {
      config_.path = path;
      Open();
      for (int i = 0; i < count; ++i) ASSERT_TRUE(*sync().Get(std::to_string(i))) << path << " " << i;
      Close();
      fs::remove_all(path);
    }
  }
}

TEST_F(BackupOfStoreTest, OfAStoreThatIsStoppedOrCrashedIsTheSame) {
  Open();
  Write(5);
  Crash();
  EXPECT_EQ(BackUp(directory_.path() / "of_crashed"), absl::OkStatus());
  Open();
  Close();
  EXPECT_EQ(BackUp(directory_.path() / "of_stopped"), absl::OkStatus());
  for (const char* backup : {"of_crashed", "of_stopped"}) {
    config_.path = directory_.path() / backup;
    Open();
    ExpectAll(5);
    Close();
  }
}

TEST_F(BackupOfStoreTest, GoesIntoADirectoryOfItsOwn) {
  EXPECT_THAT(Message(directory_.path() / "backup"), HasSubstr("cannot read the directory"));
  fs::create_directories(config_.path);
  EXPECT_THAT(Message(directory_.path() / "backup"), HasSubstr("holds no store"));
  Open();
  Write(5);
  EXPECT_THAT(Message(config_.path), HasSubstr("in use by"));
  EXPECT_THAT(Message("/proc/here"), HasSubstr("cannot make the directory"));
  EXPECT_EQ(BackUp(directory_.path() / "backup"), absl::OkStatus());
  EXPECT_THAT(Message(directory_.path() / "backup"), HasSubstr("a directory of its own"));
  fs::create_directories(directory_.path() / "other" / "things");
  EXPECT_THAT(Message(directory_.path() / "other"), HasSubstr("is not empty"));
}

TEST_F(BackupOfStoreTest, OneThatWasCutOffDoesNotOpen) {
  Open();
  Write(5);
  const fs::path backup = directory_.path() / "backup";
  ASSERT_EQ(BackUp(backup), absl::OkStatus());
  Close();
  fs::remove(backup / "tomada.format");
  config_.path = backup;
  EXPECT_THAT(Refusal(), HasSubstr("half a copy"));
  fs::remove_all(backup / "rocksdb");
  EXPECT_THAT(Refusal(), HasSubstr("half a copy"));
}

TEST_F(BackupOfStoreTest, OfDamagedDataIsNone) {
  Open();
  for (int i = 0; i < 50; ++i)
    ASSERT_THAT(sync().Put(Record(std::to_string(i), std::string(10'000, 'v'))), IsApplied());
  Close();
  ASSERT_THAT(Files(".sst"), SizeIs(1));
  std::fstream file(Files(".sst").front(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100'000);
  file << "damage";
  file.close();
  EXPECT_THAT(Message(directory_.path() / "backup"), HasSubstr("checksum"));
}

// What the first version wrote, in two runs: the first is in a table, the second in a log.
TEST_F(LossTest, DataOfEarlierVersionsOpens) {
  fs::copy(STORED_BY "/format1", config_.path, fs::copy_options::recursive);
  ASSERT_THAT(FilledLogs(), SizeIs(1));
  ASSERT_THAT(Files(".sst"), SizeIs(1));
  for (int run = 0; run < 2; ++run) {
    Open();
    for (int i = 0; i < 20; ++i) {
      EXPECT_THAT(sync().Find("email", fmt::format("{}@example.com", i)), HasValue(fmt::format("value{}", i)));
    }
    EXPECT_THAT(sync().Insert(RecordWithKeys("other", "", {{"email", "19@example.com"}})),
                RefusedWith(Code::kAlreadyExists));
    Close();
    EXPECT_TRUE(fs::exists(fs::path(config_.path) / "tomada.sequence"));
  }
}

}  // namespace
}  // namespace tomada::rocksdb_store
