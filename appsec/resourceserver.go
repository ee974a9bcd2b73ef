package appsec

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// ResourceServer is an API whose scopes a pool's clients may be allowed, so that an access token is good for what it was
// asked for and nothing else.
type ResourceServer struct {
	Identifier string // begins the scopes: 1–256 characters without spaces, often a URL
	Pool       id.UserPool
	Scopes     map[string]string // descriptions by name, 100 at most
}

// Scope is one of its scopes as clients and routes name it: identifier/name.
func (r ResourceServer) Scope(name string) string {
	return resourceServers.Ref(r.Identifier, "Identifier") + "/" + name
}

// Declare implements ztcore.Resource.
func (r ResourceServer) Declare(d *ztcore.Declaration) {
	want := resourceServerState{Pool: string(r.Pool), Identifier: r.Identifier, Name: r.Identifier, Scopes: map[string]string{}}
	for name, about := range r.Scopes {
		want.Scopes[name] = about
	}
	resourceServers.Declare(d, r.Identifier, want)
}

type resourceServerState struct {
	Pool       string `zt:"key"`
	Identifier string `zt:"key"`
	Name       string
	Scopes     map[string]string
}

var resourceServers = &ztcore.Kind[resourceServerState]{
	Name: "appsec.ResourceServer", Permissions: &resourceServersNeed, Read: readResourceServers,
	Create: func(ctx context.Context, sc *ztcore.Scope, want resourceServerState) error {
		_, err := cognitoidentityprovider.NewFromConfig(sc.Config).CreateResourceServer(ctx, &cognitoidentityprovider.CreateResourceServerInput{
			UserPoolId: &want.Pool, Identifier: &want.Identifier, Name: &want.Name, Scopes: want.scopes(),
		})
		return err
	},
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[resourceServerState]) error {
		_, err := cognitoidentityprovider.NewFromConfig(sc.Config).UpdateResourceServer(ctx, &cognitoidentityprovider.UpdateResourceServerInput{
			UserPoolId: &u.Want.Pool, Identifier: &u.Want.Identifier, Name: &u.Want.Name, Scopes: u.Want.scopes(),
		})
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have resourceServerState) error {
		_, err := cognitoidentityprovider.NewFromConfig(sc.Config).DeleteResourceServer(ctx, &cognitoidentityprovider.DeleteResourceServerInput{UserPoolId: &have.Pool, Identifier: &have.Identifier})
		return unlessAbsent(err)
	},
	Check: checkResourceServer, PartOf: true, Retry: []ztcore.Retry{modified}, Domain: func(want resourceServerState) string { return poolDomain(want.Pool) },
	Controls: []string{"NIST SP 800-207 tenet 3", "CISA ZTMM Applications and Workloads"},
}

var resourceServersNeed = ztcore.Permissions{
	Read:   []string{"cognito-idp:ListResourceServers"},
	Write:  []string{"cognito-idp:CreateResourceServer", "cognito-idp:UpdateResourceServer"},
	Delete: []string{"cognito-idp:DeleteResourceServer"},
}

func (s resourceServerState) scopes() (out []types.ResourceServerScopeType) {
	for name, about := range s.Scopes {
		out = append(out, types.ResourceServerScopeType{ScopeName: aws.String(name), ScopeDescription: aws.String(about)})
	}
	return out
}

func readResourceServers(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[resourceServerState]) ([]resourceServerState, error) {
	of := distinct(q.Want, func(w resourceServerState) string { return w.Pool })
	found := make([][]resourceServerState, len(of))
	err := ztcore.Each(ctx, len(of), func(ctx context.Context, i int) error {
		in := &cognitoidentityprovider.ListResourceServersInput{UserPoolId: &of[i], MaxResults: aws.Int32(50)}
		for {
			page, err := cognitoidentityprovider.NewFromConfig(sc.Config).ListResourceServers(ctx, in)
			if err != nil {
				return unlessAbsent(err)
			}
			for _, r := range page.ResourceServers {
				s := resourceServerState{Pool: of[i], Identifier: aws.ToString(r.Identifier), Name: aws.ToString(r.Name), Scopes: map[string]string{}}
				for _, scope := range r.Scopes {
					s.Scopes[aws.ToString(scope.ScopeName)] = aws.ToString(scope.ScopeDescription)
				}
				found[i] = append(found[i], s)
			}
			if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
				return nil
			}
		}
	})
	return slices.Concat(found...), err
}

// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateResourceServer.html
var (
	identifierRE = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]{1,256}$`)
	scopeRE      = regexp.MustCompile(`^[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,256}$`)
)

func checkResourceServer(want resourceServerState) []ztcore.Finding {
	var out []ztcore.Finding
	if !identifierRE.MatchString(want.Identifier) {
		out = append(out, ztcore.Finding{Attribute: "Identifier", Message: fmt.Sprintf("%q is no identifier", want.Identifier), Fix: "use 1–256 characters of ASCII without spaces, quotes and backslashes"})
	}
	if n := len(want.Scopes); n > 100 {
		out = append(out, ztcore.Finding{Attribute: "Scopes", Message: fmt.Sprintf("%d scopes are declared, and a resource server has 100 at most", n), Fix: "use another one for some"})
	}
	for name, about := range want.Scopes {
		if !scopeRE.MatchString(name) || about == "" || len(about) > 256 {
			out = append(out, ztcore.Finding{Attribute: "Scopes", Message: fmt.Sprintf("%q is no scope, or its description is empty or longer than 256 characters", name), Fix: "use ASCII without spaces and slashes, and describe it"})
		}
	}
	return out
}
