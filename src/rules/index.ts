import type { Finding } from '../diagnostic.ts'
import type { Fleet } from '../fleet/types.ts'
import { allowExpired } from './allow-expired.ts'
import { applicationWithoutService } from './application-without-service.ts'
import { backupFitsDisk } from './backup-fits-disk.ts'
import { copyIntoHypertable } from './copy-into-hypertable.ts'
import { cpusFitHost } from './cpus-fit-host.ts'
import { cronInvalid } from './cron-invalid.ts'
import { cronNeverFires } from './cron-never-fires.ts'
import { diskFitsHost } from './disk-fits-host.ts'
import { durability } from './durability.ts'
import { extensionUnavailable } from './extension-unavailable.ts'
import { extensionUnknown } from './extension-unknown.ts'
import { jobCall } from './job-call.ts'
import { memoryFitsHost } from './memory-fits-host.ts'
import { memoryFitsServer } from './memory-fits-server.ts'
import { nameReserved } from './name-reserved.ts'
import { nameTaken } from './name-taken.ts'
import { nameTooLong } from './name-too-long.ts'
import { networkFull } from './network-full.ts'
import { poolFitsServer } from './pool-fits-server.ts'
import { portTaken } from './port-taken.ts'
import { readableUndeclared } from './readable-undeclared.ts'
import { retentionBelowCompliance } from './retention-below-compliance.ts'
import { retentionOrder } from './retention-order.ts'
import { retentionTwice } from './retention-twice.ts'
import type { Rule } from './rule.ts'
import { schemaUndeclared } from './schema-undeclared.ts'
import { seedStatement } from './seed-statement.ts'
import { serviceUnknown } from './service-unknown.ts'
import { settingConflict } from './setting-conflict.ts'
import { settingOfAnotherVersion } from './setting-of-another-version.ts'
import { settingOfMissingExtension } from './setting-of-missing-extension.ts'
import { settingOwned } from './setting-owned.ts'
import { settingReadOnly } from './setting-read-only.ts'
import { settingUnknown } from './setting-unknown.ts'
import { settingValue } from './setting-value.ts'
import { settingWithoutUnit } from './setting-without-unit.ts'
import { sqlMissing } from './sql-missing.ts'
import { sqlNumbering } from './sql-numbering.ts'
import { sqlSyntax } from './sql-syntax.ts'
import { sqlTransaction } from './sql-transaction.ts'
import { subnetTaken } from './subnet-taken.ts'
import { tableUnknown } from './table-unknown.ts'
import { timescaledbEdition } from './timescaledb-edition.ts'

/** Every rule, in the order of docs/rules.md: what does not fit, settings, extensions, names, schedules, SQL. */
export const rules: readonly Rule[] = [
  portTaken,
  subnetTaken,
  networkFull,
  poolFitsServer,
  memoryFitsServer,
  memoryFitsHost,
  cpusFitHost,
  diskFitsHost,
  backupFitsDisk,
  durability,
  settingUnknown,
  settingValue,
  settingWithoutUnit,
  settingOfAnotherVersion,
  settingOfMissingExtension,
  settingOwned,
  settingReadOnly,
  settingConflict,
  extensionUnknown,
  extensionUnavailable,
  timescaledbEdition,
  copyIntoHypertable,
  nameReserved,
  nameTooLong,
  nameTaken,
  serviceUnknown,
  applicationWithoutService,
  cronInvalid,
  cronNeverFires,
  jobCall,
  retentionOrder,
  retentionTwice,
  retentionBelowCompliance,
  schemaUndeclared,
  tableUnknown,
  readableUndeclared,
  sqlMissing,
  sqlNumbering,
  sqlSyntax,
  sqlTransaction,
  seedStatement,
  allowExpired,
]

/** Everything that is wrong with a fleet, in the order of the rules. */
export const checkFleet = (fleet: Fleet): { rule: Rule; finding: Finding }[] =>
  rules.flatMap((rule) => Array.from(rule.check(fleet), (finding) => ({ rule, finding })))
