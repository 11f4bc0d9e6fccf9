// tests/storage/temporary_folder.h: a folder that goes with its test.
#ifndef MENTORLOG_TESTS_STORAGE_TEMPORARY_FOLDER_H_
#define MENTORLOG_TESTS_STORAGE_TEMPORARY_FOLDER_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace mentorlog::storage {

class TemporaryFolder {
 public:
  TemporaryFolder() : path_(::testing::TempDir() + "mentorlog-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << "no temporary folder at " << path_;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void WriteBytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline void FlipBit(const std::string& path, std::size_t byte) {
  std::string bytes = ReadBytes(path);
  ASSERT_LT(byte, bytes.size()) << path;
  bytes[byte] = static_cast<char>(bytes[byte] ^ 0x10);
  WriteBytes(path, bytes);
}

}  // namespace mentorlog::storage

#endif  // MENTORLOG_TESTS_STORAGE_TEMPORARY_FOLDER_H_
