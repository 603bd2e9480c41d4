#include "network_test.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  tomada::testing::NetworkTest::refused = tomada::testing::EnterPrivateNetwork();
  return RUN_ALL_TESTS();
}
