// The store by TLS, beside real servers.
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/table_semantics.h"
#include "store_for_test.h"
#include "support/fault_proxy.h"
#include "support/redis_tls.h"
#include "support/sync_table.h"

namespace tomada::testing {
namespace {

using redis_store::Config;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

class RedisStoreTls : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return tls_.files().Path(name); }
  Config ConfigFor(const std::string& address, const std::string& scheme = "rediss://") const {
    Config config;
    config.url = Secret(scheme + address);
    config.io_threads = 1;
    if (scheme == "rediss://") config.tls.ca = Path("ca.pem");
    return config;
  }
  Config ConfigFor() const { return ConfigFor(tls_.address()); }
  // Why a store is not ready that is so for good, and says so to each call at once.
  std::string ReasonOf(const Config& config) {
    EXPECT_EQ(config.Check(), absl::OkStatus());
    const auto witness = std::make_shared<Witness>();
    const std::unique_ptr<redis_store::RedisStore> store = MakeRedisStore(config, witness);
    EXPECT_EQ(store->Start(), absl::OkStatus());
    RedisServer::WaitUntil("it says why", [&] { return witness->Logged("not ready") > 0; });
    std::string reason = witness->Of().reason;
    EXPECT_FALSE(witness->Of().ready);
    const std::unique_ptr<Table> table = *store->OpenTable(TableOptions("t"));
    TestCall call(milliseconds(50));
    refused_ = Await(table->Put(call, Operation(), Record("a", "1"))).status();
    EXPECT_EQ(store->Stop(std::chrono::steady_clock::now()), absl::OkStatus());
    return reason;
  }
  void Copy(const std::string& from, const std::string& to) const {
    std::filesystem::copy_file(Path(from), Path(to), std::filesystem::copy_options::overwrite_existing);
  }

  RedisTls tls_;
  absl::Status refused_;
};

// A store that runs, and what it says of itself.
class TlsStore {
 public:
  explicit TlsStore(const Config& config) : store_(MakeRedisStore(config, witness_)) {
    EXPECT_EQ(config.Check(), absl::OkStatus());
    EXPECT_EQ(store_->Start(), absl::OkStatus());
    table_ = *store_->OpenTable(TableOptions("t"));
  }
  ~TlsStore() { EXPECT_EQ(store_->Stop(std::chrono::steady_clock::now()), absl::OkStatus()); }

  const Witness& witness() const { return *witness_; }
  SyncTable table() const { return SyncTable(*table_); }
  // Waits until it has connected so often.
  void WaitConnected(size_t times) const {
    RedisServer::WaitUntil("it connects", [&] { return witness_->Logged("connected") >= times; });
  }

 private:
  const std::shared_ptr<Witness> witness_ = std::make_shared<Witness>();
  std::unique_ptr<redis_store::RedisStore> store_;
  std::unique_ptr<Table> table_;
};

TEST_F(RedisStoreTls, CarriesLargeValuesBothWays) {
  for (const char* version : {"TLSv1.2", "TLSv1.3"}) {
    RedisServer server(tls_.settings({fmt::format("tls-protocols \"{}\"", version)}));
    TlsStore store(ConfigFor());
    const std::string large(1 << 20, 'v');
    for (const char* id : {"a", "b", "c"}) EXPECT_THAT(store.table().Insert(Record(id, large)), IsApplied());
    const auto read = store.table().GetMany({"a", "b", "c"});
    ASSERT_EQ(read.status(), absl::OkStatus());
    for (const RecordPtr& record : *read) EXPECT_TRUE(record->value == large) << version;
    // Answers that come one by one, each in a record of its own.
    for (int i = 0; i < 100; ++i) EXPECT_THAT(store.table().Put(Record("d", std::to_string(i))), IsApplied());
    EXPECT_EQ(store.witness().Logged("connection lost"), 0u);
  }
}

TEST_F(RedisStoreTls, ACertificateIsShownToAServerThatAsks) {
  RedisServer server(tls_.settings({"tls-auth-clients yes"}));
  EXPECT_THAT(ReasonOf(ConfigFor()), HasSubstr("certificate required; the server wants another client certificate: see "
                                               "`tls.certificate` and `tls.key`"));
  EXPECT_EQ(refused_.code(), Code::kUnavailable);
  tls_.files().Make("outra", {"-subj", "/CN=outra"});
  Config config = ConfigFor();
  config.tls.certificate = Path("outra.pem"), config.tls.key = Path("outra.key");
  EXPECT_THAT(ReasonOf(config), HasSubstr("the server wants another client certificate"));
  tls_.MakeServer("cliente");
  config.tls.certificate = Path("cliente.pem"), config.tls.key = Path("cliente.key");
  TlsStore store(config);
  EXPECT_THAT(store.table().Insert(Record("a", "1")), IsApplied());
}

TEST_F(RedisStoreTls, ACertificateThatIsNotToBeTrustedIsRefused) {
  RedisServer server(tls_.settings());
  const std::string refused = tls_.address() + ": TLS: certificate verify failed: ";
  Config config = ConfigFor();
  config.tls.server_name = "outro.test";
  EXPECT_EQ(ReasonOf(config),
            refused +
                "the server's certificate is not of outro.test; connect by a name that it has, or say "
                "`tls.server_name`");
  EXPECT_EQ(refused_.code(), Code::kUnavailable);
  EXPECT_THAT(std::string(refused_.message()), HasSubstr("not of outro.test")) << "the call waits for nothing";
  config.tls.server_name = "localhost";
  TlsStore(config).WaitConnected(1);

  const std::string distrusted = "; `tls.ca` must have the authority that signed it";
  config.tls = {};  // what the system trusts
  EXPECT_EQ(ReasonOf(config), refused + "self-signed certificate in certificate chain" + distrusted);
  tls_.files().Make("outra", {"-subj", "/CN=outra"});
  config.tls.ca = Path("outra.pem");
  EXPECT_EQ(ReasonOf(config), refused + "self-signed certificate in certificate chain" + distrusted);
  config.tls.ca = Path("ca.pem");
  tls_.files().Make("sozinho", {"-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1"});
  tls_.Show(server, "sozinho");
  EXPECT_EQ(ReasonOf(config), refused + "self-signed certificate" + distrusted);
  config.tls.ca = Path("sozinho.pem");  // it vouches for itself
  TlsStore(config).WaitConnected(1);

  config.tls.ca = Path("ca.pem");
  const Certificates& files = tls_.files();
  files.Run({"/usr/bin/openssl", "req", "-new", "-key", Path("servidor.key"), "-subj", "/CN=x", "-addext",
             "subjectAltName=IP:127.0.0.1", "-out", Path("velho.csr")});
  files.Run({"/usr/bin/openssl", "x509", "-req", "-in", Path("velho.csr"), "-copy_extensions", "copy", "-days", "-1",
             "-CA", Path("ca.pem"), "-CAkey", Path("ca.key"), "-out", Path("velho.pem")});
  Copy("servidor.key", "velho.key");
  tls_.Show(server, "velho");
  EXPECT_EQ(ReasonOf(config), refused + "certificate has expired; renew it, or set this machine's clock");
}

TEST_F(RedisStoreTls, EachEndSaysThatTheOtherSpeaksOtherwise) {
  RedisServer server(tls_.settings());
  Config to_clear = ConfigFor(server.address());
  to_clear.connect_timeout = absl::Milliseconds(300);
  EXPECT_THAT(ReasonOf(to_clear),
              HasSubstr("no answer to the TLS handshake in time; a server without TLS on that port is as silent: say "
                        "redis://, or the port of its TLS"));
  EXPECT_THAT(ReasonOf(ConfigFor(tls_.address(), "redis://")),
              HasSubstr(", without a word; a server that speaks TLS on that port does so: say rediss://, or its other "
                        "port"));
}

TEST_F(RedisStoreTls, FilesThatHaveChangedAreUsedAtTheNextConnection) {
  RedisServer server(tls_.settings({"tls-auth-clients yes"}));
  tls_.MakeServer("cliente");
  Copy("ca.pem", "confia.pem");
  Config config = ConfigFor();
  config.tls.ca = Path("confia.pem");
  config.tls.certificate = Path("cliente.pem"), config.tls.key = Path("cliente.key");
  TlsStore store(config);
  store.WaitConnected(1);

  // Another authority for all.
  tls_.files().Make("nova", {"-subj", "/CN=nova"});
  tls_.MakeServer("servidor_novo", "nova");
  tls_.MakeServer("cliente", "nova");
  Copy("nova.pem", "confia.pem");
  tls_.Show(server, "servidor_novo");
  server.Set("tls-ca-cert-file", Path("nova.pem"));
  const auto reconnect = [&](size_t times) {
    server.Command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    store.WaitConnected(times);
    EXPECT_THAT(store.table().Put(Record("a", std::to_string(times))), IsApplied());
  };
  reconnect(2);

  // A pair that does not match: what there was is used.
  tls_.files().Make("outra", {"-subj", "/CN=outra"});
  Copy("outra.key", "cliente.key");
  reconnect(3);
  reconnect(4);
  EXPECT_EQ(store.witness().Logged("certificates are as before"), 1u);
  EXPECT_THAT(store.witness().log(), HasSubstr("is not the key of the certificate"));
}

TEST_F(RedisStoreTls, MistakesInFilesAreInTheConfig) {
  const auto error = [&](auto change) {
    Config config = ConfigFor();
    change(config.tls);
    absl::Status status = config.tls.Check();
    if (status.ok()) status = config.Check();
    return std::string(status.message());
  };
  using redis_store::TlsConfig;
  EXPECT_EQ(error([](TlsConfig&) {}), "");
  EXPECT_THAT(error([&](TlsConfig& tls) { tls.ca = Path("ausente.pem"); }), HasSubstr("`ca`: "));
  EXPECT_THAT(error([&](TlsConfig& tls) { tls.certificate = Path("servidor.pem"); }),
              HasSubstr("`certificate` and `key` belong together"));
  tls_.files().Make("outra", {"-subj", "/CN=outra"});
  EXPECT_THAT(error([&](TlsConfig& tls) { tls.certificate = Path("servidor.pem"), tls.key = Path("outra.key"); }),
              HasSubstr("`key`: " + Path("outra.key") + " is not the key of the certificate"));
  Config config = ConfigFor("localhost", "redis://");
  config.tls.ca = Path("ca.pem");
  EXPECT_THAT(std::string(config.Check().message()), HasSubstr("`tls` goes with a `url` that begins with rediss://"));
}

TEST_F(RedisStoreTls, AHandshakeThatIsNotAnsweredHoldsUpNobody) {
  RedisServer server(tls_.settings());
  FaultProxy proxy(tls_.port());
  Config config = ConfigFor(proxy.address());
  config.connect_timeout = absl::Milliseconds(300);
  proxy.BlackHole(Way::kToClient);
  EXPECT_THAT(ReasonOf(config), HasSubstr("no answer to the TLS handshake in time"));
}

TEST_F(RedisStoreTls, AHandshakeThatIsCutIsSaid) {
  RedisServer server(tls_.settings());
  FaultProxy proxy(tls_.port());
  for (const auto& [how, words] : {std::pair(CutBy::kReset, "Connection reset by peer"),
                                   std::pair(CutBy::kClose, "connection cut: TLS has not said goodbye")}) {
    proxy.CutAfter(Way::kToClient, 100, how);
    TlsStore store(ConfigFor(proxy.address()));
    store.WaitConnected(1);
    EXPECT_THAT(store.witness().log(), HasSubstr(words));
  }
  proxy.Slice(Way::kToClient, 16);
  TlsStore store(ConfigFor(proxy.address()));
  EXPECT_THAT(store.table().Insert(Record("a", "1")), IsApplied());
}

class TlsSentinel : public RedisServer {
 public:
  explicit TlsSentinel(const std::vector<std::string>& settings) : RedisServer(Sentinel(), settings, nullptr) {}
};

TEST_F(RedisStoreTls, SentinelsSpeakItToo) {
  RedisServer primary(tls_.settings());
  RedisTls its;  // another authority
  const std::vector<std::string> monitor = {"tls-replication yes",
                                            fmt::format("sentinel monitor tomada 127.0.0.1 {} 1", tls_.port())};
  TlsSentinel sentinel([&] {
    std::vector<std::string> settings = tls_.settings(monitor);
    settings[0] = fmt::format("tls-port {}", its.port());
    return settings;
  }());
  Config config = ConfigFor("ignored");
  config.master = "tomada";
  config.sentinels = {its.address()};
  config.tls.ca = its.files().Path("ca.pem");
  EXPECT_THAT(ReasonOf(config), HasSubstr("sentinel " + its.address() + ": TLS: certificate verify failed"));
  EXPECT_EQ(refused_.code(), Code::kUnavailable);
  config.tls.ca = Path("ca.pem");
  for (const bool tls : {true, false}) {
    config.sentinels = {tls ? its.address() : sentinel.address()};
    config.tls.sentinels = tls;
    TlsStore store(config);
    store.WaitConnected(1);
    EXPECT_THAT(store.witness().log(), HasSubstr(tls_.address()));
    EXPECT_THAT(store.table().Put(Record("a", "1")), IsApplied());
    RedisServer::WaitUntil("it listens", [&] { return sentinel.Info("pubsub_channels") == "1"; });
  }
}

TEST_F(RedisStoreTls, AFailOverIsFollowed) {
  RedisServer primary(tls_.settings({"tls-replication yes", "repl-diskless-sync-delay 0"}));
  RedisTls its, sentinels;
  const auto like = [&](const RedisTls& other, std::vector<std::string> more) {
    std::vector<std::string> settings = tls_.settings(std::move(more));
    settings[0] = fmt::format("tls-port {}", other.port());
    return settings;
  };
  RedisServer replica(like(its, {"tls-replication yes", fmt::format("replicaof 127.0.0.1 {}", tls_.port())}));
  RedisServer::WaitUntil("it is in step", [&] { return replica.Info("master_link_status") == "up"; });
  TlsSentinel sentinel(
      like(sentinels, {"tls-replication yes", fmt::format("sentinel monitor tomada 127.0.0.1 {} 1", tls_.port())}));
  sentinel.Command({"SENTINEL", "DEBUG", "INFO-PERIOD", "200"});

  Config config = ConfigFor("ignored");
  config.master = "tomada";
  config.sentinels = {sentinels.address()};
  TlsStore store(config);
  EXPECT_THAT(store.table().Put(Record("a", "1")), IsApplied());
  RedisServer::WaitUntil("it fails over", [&] {
    const RedisReply reply = sentinel.Command({"SENTINEL", "FAILOVER", "tomada"});
    return reply.text == "OK" || reply.text.starts_with("INPROG");
  });
  store.WaitConnected(2);
  EXPECT_THAT(store.witness().log(), HasSubstr("connected address=" + its.address()));
  EXPECT_THAT(store.table().Put(Record("a", "2")), IsApplied());
}

}  // namespace
}  // namespace tomada::testing
