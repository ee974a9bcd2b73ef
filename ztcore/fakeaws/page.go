package fakeaws

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
)

// Page cuts one page out of items for a list operation: token is the caller's (nil or empty for the first
// page), limit what it asked for (0 for the operation's default), max what AWS allows at most. The token it returns is nil
// on the last page and otherwise good for the same operation, account and region only; ok is false for any other
// token, which the handler answers with its service's error for it.
func Page[E any, L int | int32 | int64](ctx context.Context, items []E, token *string, limit *L, max int) (page []E, next *string, ok bool) {
	call := CallFrom(ctx)
	from := 0
	if token != nil && *token != "" {
		if from, ok = openToken(call, *token); !ok || from > len(items) {
			return nil, nil, false
		}
	}
	size := max
	if limit != nil && *limit > 0 && int(*limit) < size {
		size = int(*limit)
	}
	if r, ok := ctx.Value(callKey{}).(*request); ok {
		r.cloud.mu.Lock()
		if n := r.cloud.pageSize; n > 0 && n < size {
			size = n
		}
		r.cloud.mu.Unlock()
	}
	to := min(from+size, len(items))
	if to < len(items) {
		t := sealToken(call, to)
		next = &t
	}
	return items[from:to], next, true
}

func sealToken(call Call, at int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s|%s|%s|%s|%d", call.Service, call.Operation, call.Account, call.Region, at))
}

func openToken(call Call, token string) (at int, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return 0, false
	}
	prefix := fmt.Sprintf("%s|%s|%s|%s|", call.Service, call.Operation, call.Account, call.Region)
	rest, ok := strings.CutPrefix(string(raw), prefix)
	if !ok {
		return 0, false
	}
	_, err = fmt.Sscanf(rest, "%d", &at)
	return at, err == nil && at >= 0
}
