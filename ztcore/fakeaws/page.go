package fakeaws

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Page cuts one page out of items for a list operation: token is the caller's (nil or empty for the first
// page), limit what it asked for (0 for the operation's default), max what AWS allows at most. The token it returns is nil
// on the last page and otherwise good for the same operation, account and region only; ok is false for any other
// token, which the handler answers with its service's error for it.
//
// A listing is of the moment of its first page: what is deleted meanwhile makes no other item be left out.
func Page[E any, L int | int32 | int64](ctx context.Context, items []E, token *string, limit *L, max int) (page []E, next *string, ok bool) {
	call := CallFrom(ctx)
	var cloud *Cloud
	if r, ok := ctx.Value(callKey{}).(*request); ok {
		cloud = r.cloud
	}
	from, listing := 0, ""
	if token != nil && *token != "" {
		if from, listing, ok = openToken(call, *token); !ok {
			return nil, nil, false
		}
		if cloud != nil {
			if items, ok = listed[E](cloud, listing); !ok {
				return nil, nil, false
			}
		}
		if from > len(items) {
			return nil, nil, false
		}
	}
	size := max
	if limit != nil && *limit > 0 && int(*limit) < size {
		size = int(*limit)
	}
	if cloud != nil {
		cloud.mu.Lock()
		if n := cloud.pageSize; n > 0 && n < size {
			size = n
		}
		cloud.mu.Unlock()
	}
	to := min(from+size, len(items))
	if to < len(items) {
		if listing == "" && cloud != nil {
			listing = cloud.list(slices.Clone(items))
		}
		t := sealToken(call, to, listing)
		next = &t
	}
	return slices.Clone(items[from:to]), next, true // the caller reads it when the world may change again
}

// keptListings is how many listings may be under way; the token of an older one has expired.
const keptListings = 4096

// list keeps a listing until its last page is read, or enough others have begun.
func (c *Cloud) list(items any) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.listings == nil {
		c.listings = map[string]any{}
	}
	c.begun++
	name := strconv.FormatUint(c.begun, 36)
	c.listings[name] = items
	if c.begun > keptListings {
		delete(c.listings, strconv.FormatUint(c.begun-keptListings, 36))
	}
	return name
}

func listed[E any](c *Cloud, name string) ([]E, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	items, ok := c.listings[name].([]E)
	return items, ok
}

func sealToken(call Call, at int, listing string) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s|%s|%s|%s|%s|%d", call.Service, call.Operation, call.Account, call.Region, listing, at))
}

func openToken(call Call, token string) (at int, listing string, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return 0, "", false
	}
	prefix := fmt.Sprintf("%s|%s|%s|%s|", call.Service, call.Operation, call.Account, call.Region)
	rest, ok := strings.CutPrefix(string(raw), prefix)
	if !ok {
		return 0, "", false
	}
	listing, position, ok := strings.Cut(rest, "|")
	if !ok {
		return 0, "", false
	}
	at, err = strconv.Atoi(position)
	return at, listing, err == nil && at >= 0
}
