"""Which kind of task waits where. A worker listens to all queues, in this order, unless its -Q names some."""

# Where tasks without a route go.
DEFAULT = "celery"
IN_ORDER = ("scoring", "mail", "statistics", "exports", DEFAULT)
OF_TASKS = {
    "exams.tasks.score_attempt": "scoring",
    "exams.tasks.apply_regrade": "scoring",
    "exams.tasks.sweep_attempts": "scoring",
    "exams.tasks.learn_from_attempt": "statistics",
    "exams.tasks.build_forms": "statistics",
    "exams.tasks.retain": "statistics",
    "accounts.tasks.send_*": "mail",
    "exams.tasks.remind*": "mail",
    "exams.tasks.make_report_file": "exports",
    "exams.tasks.export_person": "exports",
    "questions.tasks.*_import": "exports",
}
