//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// 远教站: a video server for remote-education stations. Without a command it starts a station.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = false)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// What every command takes.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Common {
    /// The configuration file (config/station.toml or config/district.toml shows every setting).
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The data folder: databases and keys.
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// The media folder.
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) media: Option<PathBuf>,
    /// Where to listen, e.g. 0.0.0.0:8080.
    #[arg(long, global = true, value_name = "ADDR")]
    pub(super) listen: Option<SocketAddr>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Start a station (the same as no command).
    Station,
    /// Look at the media folder once and say what is in it.
    Scan,
    /// The roster.
    #[command(subcommand)]
    Member(Member),
    /// The ledger.
    #[command(subcommand)]
    Ledger(Ledger),
    /// Copy the database, beside a running station.
    Backup {
        /// Where to: a folder on another disk or a stick, which gets the photos, too. Without it, the data folder's own
        /// `backup`, without photos.
        folder: Option<PathBuf>,
        /// Copy the keys too. Whoever has them can sign in this station's name: lock that stick away.
        #[arg(long)]
        with_keys: bool,
    },
    /// Restore a damaged or missing database from a copy, while no station runs.
    Restore {
        /// The copy.
        file: PathBuf,
    },
    /// The credit policy.
    #[command(subcommand)]
    Policy(Policy),
    /// Begin the log of a new epoch that a district signed, while no station runs.
    Epoch {
        /// The folder that `yuanjiao district epoch` wrote, e.g. on a stick.
        folder: PathBuf,
        /// The district's fingerprint, as it was read out by telephone: needed only if this box has lost it.
        #[arg(long, value_name = "TEXT")]
        district_fingerprint: Option<String>,
    },
    /// The operator.
    #[command(subcommand)]
    Operator(Operator),
    /// Make a one-time code with which a district enrols this station.
    EnrolCode,
    /// The district's side.
    #[command(subcommand)]
    District(District),
}

#[derive(Debug, Subcommand)]
pub(super) enum Member {
    /// Import a roster: `member_no,name,branch,role,status,migrant,pin` (UTF-8 or GBK).
    Import {
        /// The file: a workbook (.xlsx), or CSV in UTF-8 or GBK.
        file: PathBuf,
        /// Only say what would change.
        #[arg(long)]
        dry_run: bool,
    },
    /// Remove somebody for good: name and PIN are deleted, the hours stay in the ledger under the number.
    Remove {
        /// The member's number.
        number: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Ledger {
    /// Check every leaf, the tree and every checkpoint.
    Verify,
    /// Write the log to a folder, for a district that cannot come by network.
    Export {
        /// The folder, e.g. a stick.
        folder: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Policy {
    /// Print the policy in force.
    Show,
    /// Take a policy that the district signed, from a stick.
    Apply {
        /// The signed file.
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum DistrictPolicy {
    /// Sign a policy; every station gets it with the next pull.
    Sign {
        /// Its text, in the form of config/policy.toml.
        file: PathBuf,
        /// The first day on which it holds, e.g. 2027-01-01; without it, today.
        #[arg(long, value_name = "DATE")]
        from: Option<String>,
        /// Write the signed file as well, for stations that are reached by stick only.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// List what was signed.
    List,
}

/// For whom something is sent down; without either, for all stations.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct For {
    /// Only this station, by its name in the ledger.
    #[arg(long, value_name = "STATION", conflicts_with = "town")]
    pub(super) station: Option<String>,
    /// Only the stations of this township.
    #[arg(long, value_name = "TOWNSHIP")]
    pub(super) town: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Down {
    /// The whole roster of a station: `member_no,name,branch,role,status,migrant` and more, as stations import it.
    Roster {
        /// The station, by its name in the ledger.
        station: String,
        /// The file: a workbook (.xlsx), or CSV in UTF-8 or GBK.
        file: PathBuf,
        /// The first day on which it holds; without it, today.
        #[arg(long, value_name = "DATE")]
        from: Option<String>,
        /// Only say what would change.
        #[arg(long)]
        dry_run: bool,
    },
    /// The programme: `日期,时间,课件,方式,党支部,对象,地点,主持人` (`day,time,items,mode,branches,who,place,chair`).
    Plan {
        /// The file: a workbook (.xlsx), or CSV in UTF-8 or GBK.
        file: PathBuf,
        #[command(flatten)]
        who: For,
    },
    /// The list of approved items: `课件,起` (`item,from`), each by title or id.
    Approved {
        /// The file: a workbook (.xlsx), or CSV in UTF-8 or GBK.
        file: PathBuf,
        #[command(flatten)]
        who: For,
    },
    /// A notice for members' home, televisions and desks.
    Notice {
        /// One line.
        title: String,
        /// More words.
        #[arg(long, default_value = "")]
        text: String,
        /// The first day; without it, today.
        #[arg(long, value_name = "DATE")]
        from: Option<String>,
        /// The last day.
        #[arg(long, value_name = "DATE")]
        until: String,
        #[command(flatten)]
        who: For,
    },
    /// Which station has what.
    List,
}

#[derive(Debug, Subcommand)]
pub(super) enum Operator {
    /// Make a one-time code with which a new passphrase can be set.
    Code,
}

#[derive(Debug, Subcommand)]
pub(super) enum District {
    /// Pages for people, and the scheduler that pulls every station: one process.
    Serve,
    /// Make an account, or give one another role or passphrase. The passphrase is read from standard input.
    Account {
        /// The name to sign in with.
        name: String,
        /// see, manage or sign; each includes the ones before.
        #[arg(long, default_value = "see")]
        role: String,
    },
    /// Enrol a station with the code that its operator reads out.
    Enrol {
        /// Its address, e.g. <http://192.168.8.1:8080>
        url: String,
        /// The code.
        #[arg(long)]
        code: String,
    },
    /// Carry the books over from the file `district.db` to the PostgreSQL server that `[data] store` names. Once, while no
    /// other command runs.
    ToServer,
    /// Pull the logs of all stations, or of one.
    Pull {
        /// Only this station.
        #[arg(long)]
        station: Option<String>,
    },
    /// Fetch the photos of evenings that the pulled logs name, of all stations or of one.
    Photos {
        /// Only this station.
        #[arg(long)]
        station: Option<String>,
    },
    /// Take in a log from a stick.
    Import {
        /// The folder that the station exported.
        folder: PathBuf,
    },
    /// Sign a new epoch for a station whose log is lost or forked; it is begun there with `yuanjiao epoch`.
    Epoch {
        /// The station's name.
        station: String,
        /// Where to write the statement and the leaves that were cosigned, e.g. a stick.
        folder: PathBuf,
    },
    /// After a fork: a person has looked at it, and the station's credit counts again.
    Settle {
        /// The station's name.
        station: String,
    },
    /// List hours without a year: no clock dates them, and somebody must say in which they were earned.
    Undated,
    /// Decide in which year hours were earned; the station carries it out.
    Year {
        /// The name of the ledger, as `undated` lists it.
        ledger: String,
        /// The entry, as `undated` lists it.
        entry: u64,
        /// The year.
        year: u16,
        /// On what the decision rests, e.g. "paper list of 2026, p. 3": numbers, no names. It is kept for ever.
        #[arg(long)]
        evidence: String,
    },
    /// Look at a member's receipt: does the log that was pulled hold what the station signed for?
    Receipt {
        /// The receipt's text, the address in its QR code, or a file that holds one of them.
        receipt: String,
    },
    /// Hours per member, person-times and persons.
    Report {
        /// Only this year.
        #[arg(long)]
        year: Option<u16>,
        /// Write the tables as CSV into this folder.
        #[arg(long, value_name = "DIR")]
        csv: Option<PathBuf>,
        /// Show the figures by this policy instead of those that were in force, e.g. by an old one.
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
    },
    /// Send rosters, programmes, lists of approved items and notices down to stations.
    #[command(subcommand)]
    Down(Down),
    /// Credit policies of this district.
    #[command(subcommand)]
    Policy(DistrictPolicy),
    /// Write what was watched as xAPI statements, one a line, for a learning record store.
    Xapi {
        /// The address under which members and items are named, e.g. <https://study.example.gov.cn>
        #[arg(long, value_name = "ADDRESS")]
        home: String,
        /// Only this station.
        #[arg(long)]
        station: Option<String>,
        /// Where to; without it, standard output.
        file: Option<PathBuf>,
    },
}
