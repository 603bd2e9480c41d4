"""The HTTP front end as somebody would write it with FastAPI: a client of the gRPC server that GRPC_SERVER names."""

import os
from datetime import datetime
from typing import Optional

import grpc
import usuarios_pb2 as pb
import usuarios_pb2_grpc as rpc
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel


class NovoUsuario(BaseModel):
    id: Optional[str] = None
    nome: str
    email: str


class Usuario(BaseModel):
    id: str
    nome: str
    email: str
    criadoEm: datetime
    atualizadoEm: datetime
    versao: str


app = FastAPI()


@app.on_event("startup")
async def connect():
    app.state.usuarios = rpc.UsuariosStub(grpc.aio.insecure_channel(os.environ["GRPC_SERVER"]))


STATUS = {grpc.StatusCode.NOT_FOUND: 404, grpc.StatusCode.ALREADY_EXISTS: 409}


async def usuario_de(call) -> Usuario:
    try:
        answer = await call
    except grpc.aio.AioRpcError as error:
        raise HTTPException(STATUS.get(error.code(), 502), error.details())
    user = answer.usuario
    return Usuario(id=user.id, nome=user.nome, email=user.email, criadoEm=user.criado_em.ToDatetime(),
                   atualizadoEm=user.atualizado_em.ToDatetime(), versao=user.versao)


@app.get("/usuarios/{id}")
async def obter_usuario(id: str) -> Usuario:
    return await usuario_de(app.state.usuarios.ObterUsuario(pb.ObterUsuarioRequest(id=id)))


@app.post("/usuarios")
async def criar_usuario(novo: NovoUsuario) -> Usuario:
    usuario = pb.Usuario(id=novo.id, nome=novo.nome, email=novo.email)
    return await usuario_de(app.state.usuarios.CriarUsuario(pb.CriarUsuarioRequest(usuario=usuario)))
