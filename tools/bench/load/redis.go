package main

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
)

// Plain RESP over a connection of its own: no more work per request than the protocol asks for.
type redisSession struct {
	connection net.Conn
	reader     *bufio.Reader
	request    []byte
}

func dialRedis(endpoint string, callers int) ([]session, error) {
	sessions := make([]session, callers)
	for i := range sessions {
		connection, err := net.Dial("tcp", endpoint)
		if err != nil {
			return nil, err
		}
		sessions[i] = &redisSession{connection: connection, reader: bufio.NewReader(connection)}
	}
	return sessions, nil
}

func (s *redisSession) increment(key int) error { return s.perform("INCR", key) }
func (s *redisSession) read(key int) error      { return s.perform("GET", key) }

func (s *redisSession) perform(command string, key int) error {
	name := "bench-" + strconv.Itoa(key)
	s.request = append(s.request[:0], "*2\r\n$"...)
	s.request = strconv.AppendInt(s.request, int64(len(command)), 10)
	s.request = append(s.request, "\r\n"...)
	s.request = append(s.request, command...)
	s.request = append(s.request, "\r\n$"...)
	s.request = strconv.AppendInt(s.request, int64(len(name)), 10)
	s.request = append(s.request, "\r\n"...)
	s.request = append(s.request, name...)
	s.request = append(s.request, "\r\n"...)
	if _, err := s.connection.Write(s.request); err != nil {
		return err
	}
	line, err := s.reader.ReadSlice('\n')
	if err != nil {
		return err
	}
	switch line[0] {
	case ':':
		return nil
	case '$':
		size, err := strconv.Atoi(string(line[1 : len(line)-2]))
		if err != nil || size < 0 {
			return err
		}
		_, err = s.reader.Discard(size + 2)
		return err
	}
	return fmt.Errorf("%s: %s", command, line)
}
