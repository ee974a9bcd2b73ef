// Package fakesecretsmanager is Secrets Manager of a fakeaws.Cloud.
//
// Modelled: secrets with versions, staging labels and client request tokens, deletion by a window and restoration,
// resource policies whose principals must exist, rotation settings, tags, generated passwords, and encryption with
// a key that must be usable. State never shows a value: Snapshot and fmt print its SHA-256 sum.
//
// Not modelled: replication, rotation itself (no function is run: RotateSecret records the schedule), rotation of
// partners' secrets, managed secrets, last-accessed dates, the next date of a cron schedule, and permissions of the
// secret's own account. Another account has what the resource policy gives it.
package fakesecretsmanager

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/resourcepolicy"
)

// Service handles Secrets Manager.
type Service struct {
	cloud *fakeaws.Cloud
	store *fakeaws.Store[State]
}

// State is what one account has in one region.
type State struct {
	Secrets map[string]*Secret // by name
}

// Secret is one secret.
type Secret struct {
	Name, ARN, Account string
	Description        string
	KeyID              string // as it was given; empty for the key that AWS manages
	Created, Changed   time.Time
	Deletion           *time.Time // when it will be gone
	Versions           []*Version // oldest first
	Policy             *resourcepolicy.Policy
	Rotation           *Rotation // nil until it is first set
	Tags               map[string]string
}

// Version is one value of a secret.
type Version struct {
	ID      string
	Value   Value
	Created time.Time
	Stages  []string // sorted
}

// Rotation is how a secret is to be rotated.
type Rotation struct {
	Enabled bool
	Lambda  string
	Rules   types.RotationRulesType
	Since   time.Time // when the rules were set
}

// The staging labels that the service itself moves.
const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
)

// Options is what the SDK's calls take beside their input; the fake ignores it.
type Options = func(*secretsmanager.Options)

// Install adds Secrets Manager to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c}
	s.store = fakeaws.NewStore(c, "secretsmanager", fakeaws.Regional, func(string, string) *State { return &State{Secrets: map[string]*Secret{}} })

	fakeaws.On(c, s.CreateSecret, "Name", "ClientRequestToken", "Description", "KmsKeyId", "SecretString", "SecretBinary", "Tags")
	fakeaws.On(c, s.DescribeSecret, "SecretId")
	fakeaws.On(c, s.UpdateSecret, "SecretId", "ClientRequestToken", "Description", "KmsKeyId", "SecretString", "SecretBinary")
	fakeaws.On(c, s.ListSecrets, "Filters", "IncludePlannedDeletion", "MaxResults", "NextToken", "SortOrder")
	fakeaws.On(c, s.GetSecretValue, "SecretId", "VersionId", "VersionStage")
	fakeaws.On(c, s.PutSecretValue, "SecretId", "ClientRequestToken", "SecretString", "SecretBinary", "VersionStages")
	fakeaws.On(c, s.UpdateSecretVersionStage, "SecretId", "VersionStage", "MoveToVersionId", "RemoveFromVersionId")
	fakeaws.On(c, s.ListSecretVersionIds, "SecretId", "IncludeDeprecated", "MaxResults", "NextToken")
	fakeaws.On(c, s.DeleteSecret, "SecretId", "RecoveryWindowInDays", "ForceDeleteWithoutRecovery")
	fakeaws.On(c, s.RestoreSecret, "SecretId")
	fakeaws.On(c, s.PutResourcePolicy, "SecretId", "ResourcePolicy", "BlockPublicPolicy")
	fakeaws.On(c, s.GetResourcePolicy, "SecretId")
	fakeaws.On(c, s.DeleteResourcePolicy, "SecretId")
	fakeaws.On(c, s.ValidateResourcePolicy, "SecretId", "ResourcePolicy")
	fakeaws.On(c, s.RotateSecret, "SecretId", "ClientRequestToken", "RotationLambdaARN", "RotationRules", "RotateImmediately")
	fakeaws.On(c, s.CancelRotateSecret, "SecretId")
	fakeaws.On(c, s.TagResource, "SecretId", "Tags")
	fakeaws.On(c, s.UntagResource, "SecretId", "TagKeys")
	fakeaws.On(c, s.GetRandomPassword, "PasswordLength", "ExcludeCharacters", "ExcludeLowercase", "ExcludeNumbers", "ExcludePunctuation",
		"ExcludeUppercase", "IncludeSpace", "RequireEachIncludedType")
}
