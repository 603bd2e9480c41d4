// The user service as somebody would write it with grpc-go: generated code over a map with one user, u1.
//
//	grpc_go_server HOST:PORT
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"sync"

	"github.com/golang/protobuf/ptypes/timestamp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "usuarios"
)

type server struct {
	pb.UnimplementedUsuariosServer
	mutex sync.RWMutex
	users map[string]*pb.Usuario
}

func (s *server) ObterUsuario(_ context.Context, request *pb.ObterUsuarioRequest) (*pb.ObterUsuarioResponse, error) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	user, found := s.users[request.Id]
	if !found {
		return nil, status.Error(codes.NotFound, "no such user")
	}
	return &pb.ObterUsuarioResponse{Usuario: user}, nil
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: grpc_go_server HOST:PORT")
	}
	created := &timestamp.Timestamp{Seconds: 1700000000, Nanos: 123456000}
	user := &pb.Usuario{Id: "u1", Nome: "Ana", Email: "a@x.br", CriadoEm: created, AtualizadoEm: created,
		Versao: "AAAAAAAAAAAAAAAAAAAAAA"}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	service := grpc.NewServer()
	pb.RegisterUsuariosServer(service, &server{users: map[string]*pb.Usuario{"u1": user}})
	fmt.Fprintln(os.Stderr, "listening on", listener.Addr())
	log.Fatal(service.Serve(listener))
}
