#include <latch>
#include <mutex>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "fixture.h"

namespace tomada::usuarios {
namespace {

class ConcurrencyTest : public UsuariosTest {
 protected:
  // Runs act(0) to act(count - 1) on threads of their own, all at once.
  static void AllAtOnce(int count, const std::function<void(int)>& act) {
    std::latch ready(count);
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        ready.arrive_and_wait();
        act(i);
      });
    }
  }
};

TEST_F(ConcurrencyTest, OneOfManyCreatesGetsTheEmail) {
  for (int round = 0; round < 50; ++round) {
    std::string email = fmt::format("a{}@exemplo.com", round);
    std::atomic<int> created = 0, taken = 0;
    AllAtOnce(8, [&](int i) {
      auto result = Criar(NewUsuario("", fmt::format("A{}", i), email));
      if (result.ok()) {
        ++created;
      } else if (TakenField(result.status()) == "email") {
        ++taken;
      }
    });
    EXPECT_EQ(created, 1);
    EXPECT_EQ(taken, 7);
    EXPECT_TRUE(Buscar(email).ok());
  }
}

TEST_F(ConcurrencyTest, RetriesThatOvertakeEachOtherAnswerTheSame) {
  for (int round = 0; round < 50; ++round) {
    api::CriarUsuarioRequest request;
    *request.mutable_usuario() = NewUsuario("", "Ana", fmt::format("a{}@exemplo.com", round));
    request.set_id_requisicao(fmt::format("req-{}", round));
    std::mutex mutex;
    std::set<std::string> answers;
    AllAtOnce(8, [&](int) {
      auto result = Criar(request);
      ASSERT_TRUE(result.ok()) << result.status();
      Advance(absl::Milliseconds(1));
      std::lock_guard lock(mutex);
      answers.insert(result->SerializeAsString());
    });
    EXPECT_EQ(answers.size(), 1u);
  }
}

TEST_F(ConcurrencyTest, NoUpdateWithoutAVersionIsLost) {
  for (int round = 0; round < 50; ++round) {
    std::string id = fmt::format("u{}", round), email = id + "@exemplo.com";
    ASSERT_TRUE(Criar(NewUsuario(id, "A", email)).ok());
    api::Usuario temporary = NewUsuario(id, "", "");
    ToTimestamp(now() + absl::Hours(1), *temporary.mutable_expira_em());
    const std::vector<api::Usuario> updates{NewUsuario(id, "B", ""), NewUsuario(id, "", "nova-" + email),
                                            NewUsuario(id, "", "", "segredo123"), temporary};
    AllAtOnce(4, [&](int i) { EXPECT_TRUE(Atualizar(updates[i]).ok()); });
    auto verified = Verificar("nova-" + email, "segredo123");
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(verified->nome(), "B");
    EXPECT_TRUE(verified->has_expira_em());
  }
}

TEST_F(ConcurrencyTest, OneOfManyUpdatesOfAVersionWins) {
  auto current = Criar(NewUsuario("ana", "0", "a@b"));
  ASSERT_TRUE(current.ok());
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> won = 0, lost = 0;
    AllAtOnce(4, [&](int i) {
      api::Usuario mine = NewUsuario("ana", fmt::format("{}.{}", round, i), "");
      mine.set_versao(current->versao());
      absl::Status status = Atualizar(mine).status();
      won += status.ok();
      lost += absl::IsAborted(status);
    });
    EXPECT_EQ(won, 1);
    EXPECT_EQ(lost, 3);
    current = Obter("ana");
  }
}

}  // namespace
}  // namespace tomada::usuarios
