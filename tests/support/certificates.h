// Certificates that openssl makes for a test.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/process.h"
#include "support/temp_dir.h"

namespace tomada::testing {

class Certificates {
 public:
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  // NAME.key and NAME.pem, which signs itself unless `more` says otherwise.
  void Make(const std::string& name, const std::vector<std::string>& more) const {
    std::vector<std::string> command = {"/usr/bin/openssl",
                                        "req",
                                        "-x509",
                                        "-newkey",
                                        "ec",
                                        "-pkeyopt",
                                        "ec_paramgen_curve:prime256v1",
                                        "-nodes",
                                        "-days",
                                        "2",
                                        "-keyout",
                                        Path(name + ".key"),
                                        "-out",
                                        Path(name + ".pem")};
    command.insert(command.end(), more.begin(), more.end());
    Run(command);
  }
  // Signed by `authority`, of a server that has this DNS name.
  void MakeServer(const std::string& name, const std::string& dns, const std::string& authority = "ca") const {
    Make(name, {"-subj", "/CN=x", "-addext", "subjectAltName=DNS:" + dns, "-CA", Path(authority + ".pem"), "-CAkey",
                Path(authority + ".key")});
  }
  void Run(const std::vector<std::string>& command) const {
    Process openssl(command);
    ASSERT_EQ(openssl.Wait(), 0) << openssl.output();
  }

 private:
  TempDir directory_;
};

}  // namespace tomada::testing
