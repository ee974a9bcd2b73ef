package appsec

import (
	"slices"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/monitoring"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Preset is a sound start for an application: a pool of users, a client to sign them in, and an API that asks each caller for
// a token of the pool, throttled and logged; with the log group, and the role with which API Gateway writes to it. The zero
// value with a name is complete, but for the client, which takes the URLs that users come back to.
type Preset struct {
	Name string // of the pool, the client and the API; part of the names of the log group and the role

	Users        id.UserPoolARN // a pool of your own; one is made if empty
	CallbackURLs []string       // of the client, which is made for the preset's own pool if there is one
	LogoutURLs   []string

	// Routes of the API; without any, GET /health answers 200. Those that say nothing else ask for an access token of the
	// pool with the scope openid.
	Routes []Route
	// SignedByAWS has routes that say nothing else ask for a signature of AWS instead, for callers that have a role.
	SignedByAWS bool
	Policy      policy.Document // the API's resource policy

	AccessLogs id.LogGroupARN // a log group of your own; one that keeps a year is made if empty
	LogKey     id.KeyARN      // encrypts that one
	// RoleElsewhere leaves the account's role for logs to another baseline: there is one for all APIs of a region.
	RoleElsewhere bool

	Tags map[string]string
}

// usersOfPool is the name of the preset's authorizer.
const usersOfPool = "users"

// UserPool is the preset's pool.
func (p Preset) UserPool() UserPool { return UserPool{Name: p.Name, Tags: p.Tags} }

// Client is the client of the preset's pool.
func (p Preset) Client() UserPoolClient {
	return UserPoolClient{Name: p.Name, Pool: p.UserPool().ID(), CallbackURLs: p.CallbackURLs, LogoutURLs: p.LogoutURLs}
}

// LogGroup is the preset's log group.
func (p Preset) LogGroup() monitoring.LogGroup {
	return monitoring.LogGroup{Name: "/aws/apigateway/" + p.Name, Key: p.LogKey, Tags: p.Tags}
}

// LogRole is the role with which API Gateway writes logs.
func (p Preset) LogRole() iam.Role {
	return iam.Role{
		Name: p.Name + "-apigateway-logs", Description: "API Gateway writes logs", TrustedBy: policy.Service("apigateway.amazonaws.com"),
		Attached: []id.PolicyARN{iam.AWSManaged("service-role/AmazonAPIGatewayPushToCloudWatchLogs")}, Tags: p.Tags,
	}
}

// API is the preset's API.
func (p Preset) API() API {
	a := API{Name: p.Name, Routes: slices.Clone(p.Routes), Policy: p.Policy, Stage: Stage{AccessLogs: p.AccessLogs}, Tags: p.Tags}
	if len(a.Routes) == 0 {
		a.Routes = []Route{{Path: "/health", Method: "GET", Integration: Integration{Mock: true}}}
	}
	if !p.SignedByAWS {
		a.Authorizers = []Authorizer{{Name: usersOfPool, Pools: []id.UserPoolARN{p.Users}}}
		if p.Users == "" {
			a.Authorizers[0].Pools[0] = p.UserPool().ARN()
		}
		for i, r := range a.Routes {
			if r.Authorizer == "" && r.OpenBecause == "" {
				a.Routes[i].Authorizer = usersOfPool
				if r.Scopes == nil {
					a.Routes[i].Scopes = []string{"openid"}
				}
			}
		}
	}
	if p.AccessLogs == "" {
		a.Stage.AccessLogs = p.LogGroup().ARN()
	}
	if !p.RoleElsewhere {
		a.After = []string{Account{}.RoleToken()}
	}
	return a
}

// Declare implements ztcore.Resource.
func (p Preset) Declare(d *ztcore.Declaration) {
	all := ztcore.List{p.API()}
	if p.Users == "" && !p.SignedByAWS {
		all = append(all, p.UserPool())
		if len(p.CallbackURLs) > 0 {
			all = append(all, p.Client())
		}
	}
	if p.AccessLogs == "" {
		all = append(all, p.LogGroup())
	}
	if !p.RoleElsewhere {
		all = append(all, p.LogRole(), Account{LogRole: p.LogRole().ARN()})
	}
	all.Declare(d)
}
