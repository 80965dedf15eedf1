package main

import (
	"context"
	"fmt"
	"time"

	"go.etcd.io/etcd/clientv3"
)

type etcdSession struct {
	client *clientv3.Client
	value  string
}

// The callers share `connections` clients, each of which has every endpoint. Holdfast's client sends to the owner; etcd's spreads its
// requests over the nodes, as it does by default.
func dialEtcd(endpoints []string, callers, connections int) ([]session, error) {
	if connections > callers {
		connections = callers
	}
	clients := make([]*clientv3.Client, connections)
	for i := range clients {
		// The first endpoint is where a client connects first.
		turned := append(append([]string{}, endpoints[i%len(endpoints):]...), endpoints[:i%len(endpoints)]...)
		client, err := clientv3.New(clientv3.Config{Endpoints: turned, DialTimeout: 5 * time.Second})
		if err != nil {
			return nil, err
		}
		clients[i] = client
	}
	sessions := make([]session, callers)
	for i := range sessions {
		sessions[i] = &etcdSession{client: clients[i%connections], value: "123456"}
	}
	return sessions, nil
}

// A blind put: etcd has no increment, and one by compare-and-swap would cost it a read more.
func (s *etcdSession) increment(key int) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := s.client.Put(ctx, fmt.Sprintf("bench-%d", key), s.value)
	return err
}

// Linearizable: etcd's default.
func (s *etcdSession) read(key int) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := s.client.Get(ctx, fmt.Sprintf("bench-%d", key))
	return err
}
