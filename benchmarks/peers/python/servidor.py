"""The user service as somebody would write it with grpcio and redis-py: one process with ten threads, users in Redis.

    servidor.py HOST:PORT REDIS_URL

A user is one value, found by its id; the same command claims its e-mail address.
"""

import sys
import uuid
from concurrent import futures

import grpc
import redis
import usuarios_pb2 as pb
import usuarios_pb2_grpc as rpc


class Usuarios(rpc.UsuariosServicer):
    def __init__(self, url):
        self.redis = redis.Redis.from_url(url)

    def ObterUsuario(self, request, context):
        value = self.redis.get(f"usuario:{request.id}")
        if value is None:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such user")
        return pb.ObterUsuarioResponse(usuario=pb.Usuario.FromString(value))

    def CriarUsuario(self, request, context):
        user = request.usuario
        user.id = user.id or str(uuid.uuid4())
        user.versao = uuid.uuid4().hex
        user.criado_em.GetCurrentTime()
        user.atualizado_em.CopyFrom(user.criado_em)
        keys = {f"usuario:{user.id}": user.SerializeToString(), f"email:{user.email.lower()}": user.id}
        if not self.redis.msetnx(keys):
            context.abort(grpc.StatusCode.ALREADY_EXISTS, "the id or the e-mail address is taken")
        return pb.CriarUsuarioResponse(usuario=user)


def main():
    address, url = sys.argv[1], sys.argv[2]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=10))
    rpc.add_UsuariosServicer_to_server(Usuarios(url), server)
    server.add_insecure_port(address)
    server.start()
    print("listening on", address, file=sys.stderr, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
