"""Whether the database holds everybody to what is theirs: parties, authorities, and the service itself."""

from collections.abc import Sequence
from typing import Final

from service.db.party_role import OPEN, REGISTRY, ROLES
from service.db.service_role import HIDDEN_FROM_ME, HIDDEN_FROM_SERVICE, MAY, SERVICE, UNBOUND
from service.db.transaction import Transaction
from service.operation.findings import EXAMPLES, Finding, well

#: $1 the roles   $2 tables whose rows are somebody's
SIGHT: Final = """
SELECT ARRAY(SELECT name FROM unnest($1::text[]) AS name WHERE NOT EXISTS (
           SELECT FROM pg_roles WHERE rolname = name AND NOT rolsuper AND NOT rolbypassrls
           AND pg_has_role(current_user, pg_roles.oid, 'MEMBER'))) AS missing,
       ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
             AND relname = ANY ($2::text[]) AND NOT relrowsecurity ORDER BY 1)
       || ARRAY(SELECT DISTINCT relname::text FROM pg_class JOIN pg_roles ON rolname = ANY ($1::text[])
                WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND (relowner = pg_roles.oid
                OR has_table_privilege(pg_roles.oid, pg_class.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))
                ORDER BY 1) AS opened
"""


async def ask_sight(tx: Transaction) -> Finding:
    """Are the roles of parties and authorities there, do they own and write nothing, and are they bound by
    policies wherever rows are somebody's?
    """
    row = await tx.sql.fetchrow(SIGHT, list(ROLES), sorted(OPEN.keys() - REGISTRY))
    assert row is not None
    if row["opened"]:
        told = _some(row["opened"])
        return Finding(
            "sight",
            "wrong",
            f"Of these tables parties would see or change what is not theirs: {told}. Enable row-level "
            "security on them and take back what was granted.",
            f"以下数据表会让企业看到或修改不属于自己的数据：{told}。请为其启用行级安全并收回多余的授权。",
        )
    if row["missing"]:
        told = _some(row["missing"])
        return Finding(
            "sight",
            "wrong",
            f"Parties and authorities are refused: the roles {told} are missing, or not granted to the "
            "service's own.",
            f"企业和监管部门的请求将被拒绝：角色 {told} 不存在，或未授予本服务的数据库用户。",
        )
    return well("sight", f"Bound: {', '.join(ROLES)}.", f"已受行级安全约束：{'、'.join(ROLES)}。")


TAKEN_ON: Final = """
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND NOT rolsuper
               AND pg_has_role(current_user, pg_roles.oid, 'MEMBER'))
"""
#: $1 the role   $2, $3 tables, and the words of what it may do with each. What it owns, or may do besides.
BEYOND: Final = """
SELECT relname FROM pg_class
LEFT JOIN unnest($2::text[], $3::text[]) AS told (name, may) ON name = relname
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
AND (pg_get_userbyid(relowner) = $1 OR EXISTS (
    SELECT FROM unnest(string_to_array('SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER', ', '))
         AS word
    WHERE has_table_privilege($1, pg_class.oid, word)
    AND word <> ALL (coalesce(string_to_array(may, ', '), '{}'))))
ORDER BY 1
"""


async def ask_service(tx: Transaction) -> Finding:
    """Does the service work in a role that owns nothing, sees every row, and does with them what it is to do;
    and do policies bind the owner of the tables, too?
    """
    if not await tx.sql.fetchval(TAKEN_ON, SERVICE):
        return Finding(
            "service",
            "wrong",
            f"The service works as the owner of its tables: the role {SERVICE} is missing, or not granted to "
            "the user of DATABASE_URL; grant it and start the service again.",
            f"服务正以表所有者身份运行：角色 {SERVICE} 不存在，或未授予数据库用户；请授予后重启服务。",
        )
    told = [(name, may) for may, tables in MAY.items() for name in tables]
    names, words = [name for name, _ in told], [may for _, may in told]
    if beyond := await _names(tx, BEYOND, SERVICE, names, words):
        return Finding(
            "service",
            "wrong",
            f"The role {SERVICE} owns or may do more than it needs with: {_some(beyond)}. Start the service "
            "again, which takes back grants; give what it owns to the owner of the tables.",
            f"角色 {SERVICE} 对以下数据表拥有多余的权限或所有权：{_some(beyond)}。"
            "请重启服务以收回授权，并将所有权转回表所有者。",
        )
    if hidden := await _names(tx, HIDDEN_FROM_SERVICE) or await _names(tx, HIDDEN_FROM_ME):
        return Finding(
            "service",
            "wrong",
            f"Row-level security hides rows from the service or from the owner: {_some(hidden)}; each of "
            "these tables wants its policies seen_by_service and seen_by_owner.",
            f"行级安全对服务或所有者隐藏了数据行：{_some(hidden)}；"
            "这些数据表需要 seen_by_service 与 seen_by_owner 策略。",
        )
    if unbound := await _names(tx, UNBOUND):
        return Finding(
            "service",
            "look",
            f"Row-level security does not bind the owner yet: {_some(unbound)}. Once no earlier version "
            "runs, and the owner is a member of suyuan_party and suyuan_regulator WITH INHERIT FALSE, the "
            "service does it when it starts, and daily.",
            f"行级安全尚未约束表所有者：{_some(unbound)}。旧版本全部停止、且所有者以 WITH INHERIT FALSE "
            "方式拥有 suyuan_party 与 suyuan_regulator 后，服务会在启动时及每日自动完成。",
        )
    if not await tx.sql.fetchval("SELECT rolbypassrls FROM pg_roles WHERE rolname = $1", SERVICE):
        return Finding(
            "service",
            "look",
            f"Works as {SERVICE}; queries by what events say are planned without statistics until a "
            f"superuser says ALTER ROLE {SERVICE} BYPASSRLS.",
            f"以 {SERVICE} 身份运行；在超级用户执行 ALTER ROLE {SERVICE} BYPASSRLS 之前，"
            "按事件内容的查询无法利用统计信息，可能较慢。",
        )
    return well(
        "service", f"Works as {SERVICE}, which owns nothing.", f"以 {SERVICE} 身份运行，不拥有任何数据表。"
    )


async def _names(tx: Transaction, question: str, *told: object) -> list[str]:
    return [row["relname"] for row in await tx.sql.fetch(question, *told)]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:EXAMPLES])
